# SPDX-License-Identifier: Apache-2.0
# `make` lists the targets. CPU= builds for any CPU of this architecture, CPU=x86-64-v3 for that level.
# `make board` cross-compiles for ARCH=arm64, armv7, riscv64 or amd64, there CPU=cortex-a53 and the like.

CPU ?= native
PREFIX ?= /usr/local
PYTHON ?= .venv/bin/python

ARCHITECTURE := $(shell uname -m)
CPU_OPTION := $(if $(filter aarch64 arm64,$(ARCHITECTURE)),-mcpu,-march)
FLAGS := -c release --explicit-target-dependency-import-check error \
  $(if $(CPU),-Xcc $(CPU_OPTION)=$(CPU))
ARCH ?= arm64
BOARD_CPU := $(filter-out native,$(CPU))
BOARD_CLEAN = $(shell tools/board-clean-targets.sh)
SWIFT_FILES := Package.swift Sources Tests Examples

.PHONY: help setup build demo test narrow example lint format embedded board board-check deb sanitize fuzz bench \
  verify install clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install the system libraries that are missing
	@tools/setup.sh

build: setup ## build .build/release/ocelli for this CPU (CPU= for any)
	swift build $(FLAGS)

demo: build ## train a classifier and an enhancer on synthetic scenes, into build/demo
	tools/demo.sh .build/release/ocelli build/demo

# Without testable imports `make build` and `make test` share what they compile.
test: setup ## run the tests
	swift test $(FLAGS) --disable-testable-imports

# One build has both of their loops for convolutions: the variable says which of them the tests run, and see to it.
NARROW := TESTS=KernelsTests swift test -c release --disable-testable-imports --scratch-path .build-narrow \
  -Xcc -DOCELLI_NARROW
narrow: setup ## test the kernels of ARM and RISC-V on x86-64
	OCELLI_NARROW=16 $(NARROW)
	OCELLI_NARROW=4 $(NARROW) --skip-build

example: setup ## build and run Examples/Classify, a package that uses the library
	swift run --package-path Examples/Classify --scratch-path .build-example Classify \
	  Tests/Fixtures/described.tflite Tests/ImagingTests/Fixtures/rgb.jpg

lint: ## check format and comments
	swift format lint --strict --parallel --recursive $(SWIFT_FILES)
	python3 tools/wrap-comments.py --check Sources Tests

format: ## put format and comments right
	swift format --in-place --parallel --recursive $(SWIFT_FILES)
	python3 tools/wrap-comments.py Sources Tests

embedded: setup ## compile what boards run as Embedded Swift
	EMBEDDED="$(BOARD_CLEAN)" swift build -c release --scratch-path .build-embedded \
	  --product BoardClean

board: ## build build/board/ARCH/ocelli-board (CPU=: ARCH-CPU), one static file for a device
	@tools/setup.sh board
	tools/board/build.sh $(ARCH) $(BOARD_CPU)

board-check: board build ## try it under QEMU, and compare its outputs with those of ocelli
	tools/setup.sh qemu
	tools/board/check.sh .build/release/ocelli $(ARCH)$(addprefix -,$(BOARD_CPU))

deb: board ## pack it as a Debian package, build/ocelli-board_*.deb
	tools/board/deb.sh $(ARCH) $(BOARD_CPU)

sanitize: sanitize-address sanitize-thread ## run the tests under the address and the thread sanitizer

sanitize-%: setup
	tools/sanitize.sh $*

fuzz: setup ## feed mutated models and pictures to the readers, ten minutes each
	tools/fuzz.sh model 600
	tools/fuzz.sh image 600

bench: build venv ## time Ocelli against other runtimes in turns, into build/bench.json
	$(PYTHON) tools/bench/make_models.py
	$(PYTHON) tools/bench/peer_forms.py
	$(PYTHON) tools/bench/models.py --ocelli .build/release/ocelli --python $(PYTHON)
	$(PYTHON) tools/bench/compare.py --ocelli .build/release/ocelli --python $(PYTHON)
	$(PYTHON) tools/bench/explanations.py --ocelli .build/release/ocelli --python $(PYTHON)

verify: setup venv ## compare with PyTorch, SciPy and other readers of our files
	PYTHON=$(PYTHON) CPU="$(CPU)" tools/verify.sh

install: setup ## install the command below PREFIX (/usr/local)
	swift build $(FLAGS) --static-swift-stdlib --product ocelli --scratch-path .build-static
	install -d $(DESTDIR)$(PREFIX)/bin
	install .build-static/release/ocelli $(DESTDIR)$(PREFIX)/bin/ocelli
	@if [ -d weights ]; then install -d $(DESTDIR)$(PREFIX)/share/ocelli/weights; \
	  install -m 644 weights/* $(DESTDIR)$(PREFIX)/share/ocelli/weights; fi

clean: ## remove all that was built
	rm -rf .build .build-* build .venv

.PHONY: venv
venv:
	@tools/venv.sh
