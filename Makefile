# Every target installs the Debian packages it misses (it lists them first), configures and builds what it needs.
# make on its own: help. RUNTIME, PREFIX, PRESET and JOBS may be given: `make demo RUNTIME=process`.
SHELL := /bin/sh
PRESET ?= release
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
PREFIX ?= /usr/local
RUNTIME ?= auto
BUILD := build/$(PRESET)
# What users run; without the test programs, which are half of the build.
PROGRAMS := --target scaleout scaleout-shim http-api
PACKAGES := @packaging/install-packages.sh
PYTHON := $(CURDIR)/.venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help demo test build bench dev install format tidy asan models clean

help: ## Show this list
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

demo: ## Run http-api here under four steps of load, then quiet: tasks and nodes scale out and in; writes report.html
	$(PACKAGES) build run demo
	@$(MAKE) --no-print-directory configure compile TARGETS="$(PROGRAMS)"
	$(BUILD)/bin/scaleout demo --runtime $(RUNTIME)

test: ## Build, then run every test (CI=true: an absent tool fails instead of skipping its tests)
	$(PACKAGES) build run test
	@packaging/python-venv.sh tests/requirements.txt
	@$(MAKE) --no-print-directory configure compile CONFIGURE_FLAGS=-DSCALEOUT_PYTHON=$(PYTHON)
	ctest --test-dir $(BUILD) --output-on-failure -j $(JOBS)

build: ## Build build/release/bin/scaleout (and its shim) and build/release/bin/http-api
	$(PACKAGES) build
	@$(MAKE) --no-print-directory configure compile TARGETS="$(PROGRAMS)"

bench: ## Run the benches (bench/*/run); they rewrite their RESULTS.md
	$(PACKAGES) build run bench
	@packaging/python-venv.sh tests/requirements.txt bench/requirements.txt
	@$(MAKE) --no-print-directory configure compile CONFIGURE_FLAGS=-DSCALEOUT_PYTHON=$(PYTHON)
	@set -e; for run in bench/*/run; do [ -x "$$run" ] || continue; echo "== $$run"; PYTHON=$(PYTHON) BUILD=$(BUILD) "$$run"; done

dev: ## Run http-api on http://localhost:8080 and rebuild it on change
	$(PACKAGES) build dev
	@$(MAKE) --no-print-directory configure
	app/dev.sh

install: ## Install the programs below PREFIX (/usr/local; DESTDIR is honoured)
	$(PACKAGES) build
	@$(MAKE) --no-print-directory configure compile TARGETS="$(PROGRAMS)"
	cmake --install $(BUILD) --prefix $(PREFIX)

format: ## Format the C++ with clang-format
	$(PACKAGES) format
	git ls-files '*.h' '*.cpp' | xargs clang-format -i

tidy: ## Look through the C++ with clang-tidy
	$(PACKAGES) build tidy
	@cmake --preset release -B build/tidy -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON > /dev/null # g++'s are not for clang
	@cmake --build build/tidy --target generated_api
	git ls-files 'src/*.cpp' 'app/*.cpp' | xargs -P $(JOBS) -n 4 clang-tidy --quiet -p build/tidy --extra-arg=-Wno-unknown-warning-option

asan: ## Build with AddressSanitizer and UBSan, then run the C++ tests
	$(PACKAGES) build run test
	@$(MAKE) --no-print-directory configure compile PRESET=asan
	ctest --test-dir build/asan --output-on-failure -j $(JOBS) -LE blackbox

models: ## Cut the AWS models again after an action was added to api/operations/
	$(PACKAGES) build test
	@packaging/python-venv.sh tests/requirements.txt
	$(PYTHON) api/import_models.py

clean: ## Remove build/ (the Python environment stays)
	rm -rf build

.PHONY: configure compile
configure:
	@cmake --preset $(PRESET) $(CONFIGURE_FLAGS) > /dev/null
compile:
	@cmake --build $(BUILD) --parallel $(JOBS) $(TARGETS)
