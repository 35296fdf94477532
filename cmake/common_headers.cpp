// Exists so that common_headers.h is compiled: see room.cmake.
