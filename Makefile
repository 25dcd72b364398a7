# Two commands: `make run` starts the whole platform on this machine, `make test` checks everything.
#
# Both install what is missing (scripts/need.sh says what, and by name what it could not) and leave nothing running.

DATA ?= data
# 0: no demo channel.
DEMO ?= 1
# More flags for `footlight up`, e.g. ARGS="--http-listen :8080".
ARGS ?=

.PHONY: run build test test-rust test-ui test-e2e test-fuzz lint doctor help

## run: the whole platform on 127.0.0.1:8080 (site) and :1935 (encoders); data in ./data
run: build
	@exec ./target/release/footlight up --data "$(DATA)" $(if $(filter-out 0,$(DEMO)),--demo) $(ARGS)

## build: the release binary with the UI inside
build:
	@scripts/need.sh run
	@scripts/ui.sh build
	@[ -x target/release/footlight ] || echo "building: footlight (the first time takes some minutes)" >&2
	@cargo build --release --locked $(if $(wildcard target/release/footlight),--quiet) -p app --features embed-ui

## test: everything: formats, lints, unit and contract tests, the architecture, licences, UI, fuzzing, real browser
test:
	@scripts/need.sh test
	@scripts/test.sh all

## test-rust, test-ui, test-fuzz, test-e2e, lint: parts of it
test-rust lint test-ui test-fuzz test-e2e:
	@scripts/need.sh $@
	@scripts/test.sh $@

## doctor: is this machine fit for it
doctor: build
	@./target/release/footlight doctor --data "$(DATA)"

## help: this
help:
	@sed -n 's/^## //p' Makefile
