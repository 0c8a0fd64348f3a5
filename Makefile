# Lensframe's commands. `make` alone lists them.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo test parity bench lint fuzz cc

CARGO ?= cargo
PYTHON ?= python3
TARGET := $(or $(CARGO_TARGET_DIR),target)
FUZZ_SECONDS ?= 600

help: ## List the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

demo: cc ## Build the program and run the whole story on scenes it draws
	@[ -x $(TARGET)/debug/lensframe ] || echo "building the program; the first time takes about 4 minutes on two cores"
	@$(CARGO) build -q --bin lensframe
	@$(CARGO) run -q --bin lensframe -- demo

test: cc ## Run every test: units, integration, documentation, the bare engine
	$(CARGO) test
	$(CARGO) check --lib --no-default-features
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --no-deps

# The program that the tests built: a plain build would compile the dependencies again, with other features.
parity: cc ## Compare live with other tools, installed into .venv
	$(CARGO) test -q --no-run
	$(PYTHON) tests/parity/run.py $(TARGET)/debug/lensframe

bench: cc ## Measure in release; figures are recorded in target/bench.txt, never asserted
	@mkdir -p $(TARGET)
	$(CARGO) bench --bench '*' | tee $(TARGET)/bench.txt

lint: cc ## Check format, clippy and, where cargo-deny is installed, licences and advisories
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets -- -D warnings
	@if $(CARGO) deny --version >/dev/null 2>&1; then $(CARGO) deny check; \
	else echo "licences and advisories not checked: cargo install cargo-deny"; fi

# The fuzzer's instrumentation is unstable in rustc; the variable lets a stable toolchain build it.
fuzz: cc ## Fuzz every target for FUZZ_SECONDS (600) each
	@$(CARGO) fuzz --version >/dev/null 2>&1 || { echo "make fuzz needs cargo-fuzz: cargo install cargo-fuzz"; exit 1; }
	@for target in $$($(CARGO) fuzz list); do \
		echo "== $$target, $(FUZZ_SECONDS) s"; \
		RUSTC_BOOTSTRAP=1 $(CARGO) fuzz run --sanitizer none "$$target" -- -max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=2048; \
	done

cc:
	@command -v $(CARGO) >/dev/null || { echo "Rust is missing: see rustup.rs, then run again"; exit 1; }
	@command -v cc >/dev/null || { echo "a C compiler is missing: apt-get install build-essential"; exit 1; }
