# Lensframe's commands. `make` alone lists them.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo test python wheel parity bench lint fuzz cc turbo vulkan onnx

CARGO ?= cargo
PYTHON ?= python3
TARGET := $(or $(CARGO_TARGET_DIR),target)
FUZZ_SECONDS ?= 600
# libjpeg-turbo is built in wherever its tools are. One set of features for all of test, lint and parity, so that
# nothing is built twice.
FEATURES ?= $(shell command -v cmake >/dev/null && command -v nasm >/dev/null && echo --features turbo)

help: ## List the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

demo: cc ## Build the program and run the whole story on scenes it draws
	@[ -x $(TARGET)/debug/lensframe ] || echo "building the program; the first time takes about 15 minutes on two cores"
	@$(CARGO) build -q --bin lensframe
	@$(CARGO) run -q --bin lensframe -- demo

test: cc turbo vulkan onnx ## Run every test: units, integration, documentation, Python, the bare engine
	$(CARGO) test --workspace $(FEATURES)
	@$(MAKE) --no-print-directory python
	$(CARGO) check --lib --no-default-features
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --no-deps

# The Python door as the tests' build makes it: a build of the wheel would compile the dependencies again.
PYTHON_TESTS := $(TARGET)/python
python: cc turbo $(PYTHON_TESTS)/.installed ## Build the Python package in place and run its tests
	$(CARGO) build -q --workspace --lib --bins --tests $(FEATURES)
	install -m 755 $(TARGET)/debug/lib_lensframe.so python/lensframe/_lensframe.abi3.so
	cd python && $(abspath $(PYTHON_TESTS))/bin/python -m pytest -q tests

$(PYTHON_TESTS)/.installed: python/tests/requirements.txt
	$(PYTHON) -m venv $(PYTHON_TESTS)
	$(PYTHON_TESTS)/bin/pip install -q -r python/tests/requirements.txt
	@touch $@

# clang, where it is there: what it makes of libjpeg-turbo decodes 3 % faster than gcc's.
wheel: cc ## Build the wheel into target/wheels: library and program, optimised
	$(PYTHON) -m venv $(TARGET)/maturin && $(TARGET)/maturin/bin/pip install -q 'maturin>=1.9.4,<2'
	cd python && $(if $(shell command -v clang),CC=clang) CARGO_TARGET_DIR=$(abspath $(TARGET)) \
	$(abspath $(TARGET))/maturin/bin/maturin build --release

# The program that the tests built: a plain build would compile the dependencies again, with other features.
parity: cc turbo ## Compare live with other tools, installed into .venv
	$(CARGO) test -q --workspace --no-run $(FEATURES)
	$(PYTHON) tests/parity/run.py $(TARGET)/debug/lensframe

bench: cc turbo ## Measure in release; figures are recorded in target/bench.txt, never asserted
	@mkdir -p $(TARGET)
	$(CARGO) bench $(FEATURES) --bench '*' | tee $(TARGET)/bench.txt

lint: cc turbo ## Check format, clippy and, where cargo-deny is installed, licences and advisories
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets $(FEATURES) -- -D warnings
	@if $(CARGO) deny --version >/dev/null 2>&1; then $(CARGO) deny check; \
	else echo "licences and advisories not checked: cargo install cargo-deny"; fi

# The fuzzer's instrumentation is unstable in rustc; the variable lets a stable toolchain build it.
fuzz: cc ## Fuzz every target for FUZZ_SECONDS (600) each
	@$(CARGO) fuzz --version >/dev/null 2>&1 || { echo "make fuzz needs cargo-fuzz: cargo install cargo-fuzz"; exit 1; }
	@for target in $$($(CARGO) fuzz list); do \
		echo "== $$target, $(FUZZ_SECONDS) s"; \
		RUSTC_BOOTSTRAP=1 $(CARGO) fuzz run --sanitizer none "$$target" -- -max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=2048; \
	done

# A driver that computes on the processor stands in for a GPU.
vulkan:
	@ls /usr/share/vulkan/icd.d/*.json >/dev/null 2>&1 || [ "$$(uname)" != Linux ] || \
	{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	{ apt-get install -y -qq --no-install-recommends mesa-vulkan-drivers libvulkan1 || \
	{ apt-get update -qq && apt-get install -y -qq --no-install-recommends mesa-vulkan-drivers libvulkan1; }; } >/dev/null 2>&1; } || \
	echo "the GPU tests are skipped: they need a Vulkan driver (apt-get install mesa-vulkan-drivers libvulkan1)"

# ONNX's own test vectors, which newer wheels lack.
onnx: $(PYTHON_TESTS)/.installed
	@[ -d $(TARGET)/onnx/onnx ] || \
	$(PYTHON_TESTS)/bin/pip install -q --no-deps --only-binary :all: --target $(TARGET)/onnx onnx==1.22.0 || \
	echo "the ONNX suite is skipped: onnx 1.22.0 cannot be installed"

turbo:
	@command -v cmake >/dev/null && command -v nasm >/dev/null || \
	{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	{ apt-get install -y -qq cmake nasm || { apt-get update -qq && apt-get install -y -qq cmake nasm; }; } >/dev/null 2>&1; } || \
	echo "libjpeg-turbo is left out, JPEGs go through zune-jpeg: it needs cmake and nasm (apt-get install cmake nasm)"

cc:
	@command -v $(CARGO) >/dev/null || { echo "Rust is missing: see rustup.rs, then run again"; exit 1; }
	@command -v cc >/dev/null || { echo "a C compiler is missing: apt-get install build-essential"; exit 1; }
