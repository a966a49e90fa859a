# winnow: `make help` lists what there is. Everything needs Go only, unless it says otherwise.

GO       ?= go
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS  := -s -w -X main.version=$(VERSION)
BIN      := bin/winnow
TOOLS    := $(CURDIR)/.tools/bin
GOLANGCI := v2.15.0
PKGS     ?= ./...
# How long `make fuzz` gives each target.
FUZZTIME ?= 60s
# How long and how fast `make soak-kafka` runs.
SOAK     ?= 30m
SOAKRATE ?= 10000
# How long `make schemathesis` looks.
SCHEMATHESIS ?= 10m
# The checkpoint that the embedded encoder was made of.
ENCODER  ?= ../shared/data/encoder

.DEFAULT_GOAL := help
.PHONY: help build demo test test-all lint fmt bench bench-kafka bench-service bench-plugins bench-models bench-encoder parity torture torture-kafka torture-service schemathesis soak-kafka fuzz docs cover clean

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## Build bin/winnow: one static file
	@CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/winnow
	@echo "built $(BIN) $(VERSION)"

demo: build ## Label 1,932 customer messages in a Parquet file and compare them with their gold labels
	@sh scripts/demo.sh

test: build ## Run every test that needs Go only (5 minutes at most)
	@sh scripts/test.sh

test-all: build ## Run every test: race detector, a real Kafka (Java), parity with PyPI packages (Python), quality on the real sets, coverage
	@sh scripts/test-all.sh

# The flags of 'make build' and 'make test', so that packages are compiled once.
lint: export CGO_ENABLED := 0
lint: export GOFLAGS := -trimpath $(GOFLAGS)
lint: $(TOOLS)/golangci-lint-$(GOLANGCI) ## Check style, formatting, vet and the module file
	@echo "lint: go vet";         $(GO) vet ./...
	@echo "lint: go mod tidy";    $(GO) mod tidy -diff
	@echo "lint: golangci-lint";  $(TOOLS)/golangci-lint-$(GOLANGCI) run --build-tags integration ./...

fmt: $(TOOLS)/golangci-lint-$(GOLANGCI) ## Format the code
	@$(TOOLS)/golangci-lint-$(GOLANGCI) fmt ./...

$(TOOLS)/golangci-lint-$(GOLANGCI):
	@echo "building golangci-lint $(GOLANGCI) (minutes the first time)"
	@mkdir -p $(TOOLS)
	@GOBIN=$(TOOLS) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI)
	@mv $(TOOLS)/golangci-lint $@

bench: build ## Measure winnow beside its peers and write docs/benchmarks.md (needs Python and a C++ compiler)
	@$(GO) run ./bench

bench-kafka: build ## Measure streams beside a bare exactly-once loop on a real Kafka (needs Java 17 and Maven)
	@$(GO) run ./bench -only kafka

bench-plugins: build ## Measure plugins beside the same code built in, and one in Python beside a script (needs Python and a C++ compiler)
	@$(GO) run ./bench -only plugins

bench-service: build ## Measure winnow serve: requests, jobs, uploads and memory (six minutes; 6 GB of disk)
	@$(GO) run ./bench -only service

bench-models: build ## Measure classifiers beside fastText and scikit-learn and write docs/models.md (a quarter of an hour; Python, C++)
	@$(GO) run ./bench -page models

bench-encoder: ## Measure the encoder beside ONNX Runtime on the same texts (needs Python and the checkpoint, ENCODER)
	@sh scripts/bench-encoder.sh $(ENCODER)

parity: ## Compare the encoder with its definition in numpy over all texts (needs Python and the checkpoint, ENCODER)
	@sh scripts/parity.sh $(ENCODER)

torture: build ## Kill runs over 1,000,000 rows 50 times for each pair of formats and judge what comes out
	@$(GO) test ./test/crash -count=1 -v -timeout 3h -run TestTorture -torture

torture-kafka: build ## Kill, freeze and cut off processes, plugins, brokers and the network under streams of 200,000 to 1,000,000 records and more
	@$(GO) test ./test/stream -tags integration -count=1 -v -timeout 3h -torture

torture-service: ## Kill a server 50 times under three accounts' jobs of 2,000,000 lines, embedded and on PostgreSQL and S3
	@$(GO) test ./test/service -tags integration -count=1 -v -timeout 3h -run 'TestCrash|TestKilledBetween|TestStarts' -torture

schemathesis: ## Hold the server to its OpenAPI document for SCHEMATHESIS (10m), with every check of schemathesis (needs Python)
	@$(GO) test ./test/service -tags integration -count=1 -v -timeout 3h -run TestSchemathesis -schemathesis $(SCHEMATHESIS)

soak-kafka: build ## Run a stream for SOAK (30m) at SOAKRATE (10000) records a second and hold its memory
	@$(GO) test ./test/stream -tags integration -count=1 -v -timeout 3h -run TestSoak -soak $(SOAK) -rate $(SOAKRATE)

fuzz: ## Fuzz every target for FUZZTIME each (60s)
	@sh scripts/fuzz.sh $(FUZZTIME)

docs: build ## Write docs/reference anew from the code
	@sh scripts/docs.sh

cover: ## Measure statement coverage and hold pipeline, connectors and classify to 85 %
	@sh scripts/cover.sh

clean: ## Remove what was built
	@rm -rf bin demo-out cover.out cover.html
