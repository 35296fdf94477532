# Compiler, linker and warning settings shared by every target.
find_program(CCACHE ccache)
if(CCACHE)
  # Paths relative to the checkout: every checkout on the machine shares what one of them compiled. The sloppiness is
  # what precompiled headers ask for. By the dependency files (CCACHE_DEPEND): a first build preprocesses nothing twice.
  set(launcher env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 CCACHE_DEPEND=1 CCACHE_SLOPPINESS=pch_defines,time_macros
               ${CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
endif()

# Assertions stay on in release: assert() marks our own bugs (style guide).
set(CMAKE_CXX_FLAGS_RELEASE "-O2")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")

# Designated initialisers name what they set; the rest has defaults.
add_compile_options(-Wall -Wextra -Werror -Wno-missing-field-initializers)
# GCC 12 reports these falsely in inlined std::string and std::optional code at -O2.
add_compile_options(-Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds)
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
if(SCALEOUT_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(fmt REQUIRED)
