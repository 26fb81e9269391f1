# Developer verbs; read by the Makefile instead of PGXS. Each installs what it lacks (tools/deps) and builds first.
#
#   make demo [DEMO_SECONDS=20] [YES=1]    watch changes of a private PostgreSQL arrive in a private NATS
#   make test                              every suite; make test-full at full size
#   make unit | golden [ACCEPT=1] | e2e [TESTS=test/e2e/…] | mutants | lint    one suite
#   make fault [SEEDS=8] [FIRST=seed] [JOBS=2] [KIND=default|window|cluster|grouped|snapshot|mixed] [RECORD=1] [SHOW=1]
#                                          random faults under random load; RECORD adds a line to the ledger
#   make roundtrip [SEEDS=8] [FIRST=seed] [JOBS=2]
#                                          random tables, rebuilt from the events of random changes, compared with the source
#   make asan                              golden tests with the address and undefined behaviour sanitizers in the plugin
#   make fuzz [FUZZ_SECONDS=600] [JOBS=2]  each fuzzer of test/fuzz for so long
#   make matrix [MAJORS="13 17 18"] [TESTS=test/e2e/…]
#                                          golden and e2e on other PostgreSQL majors, each in a Debian of its own; as root
#   make bench [ONLY=decoding,…] [WORKLOADS=orders,…] [ROUNDS=3]
#                                          how fast, beside what it is compared with; into bench/results; about 40 minutes
#   make bench-quick                       the same at small sizes, in under 3 minutes
#   make profile                           flame graphs of walsender and streamer, into build/profile
#   make format                            format the sources in place
#   make docs                              docs/plugin-options.md, configuration.md, check.md from the declarations, examples from the golden tests
#   make deps                              install what demo and test need
#   make clean

MAKEFLAGS += --no-print-directory
export DEMO_SECONDS YES ACCEPT TESTS SEEDS FIRST JOBS KIND RECORD SHOW FUZZ_SECONDS

.PHONY: $(DEV_VERBS)

demo:
	@tools/deps demo
	@$(MAKE) -s -j$$(nproc) all
	@tools/demo

test unit golden roundtrip e2e fault mutants asan lint:
	@tools/deps demo test
	@tools/test $(filter-out test,$@)

matrix:
	@tools/deps matrix
	@tools/matrix $(MAJORS)

bench bench-quick:
	@tools/deps bench
	@$(MAKE) -s -j$$(nproc) all
	@/usr/bin/python3 bench/run.py $(if $(findstring quick,$@),--quick) $(if $(ONLY),--only $(ONLY)) \
	  $(if $(WORKLOADS),--workloads $(WORKLOADS)) $(if $(ROUNDS),--rounds $(ROUNDS))

profile:
	@tools/deps bench
	@$(MAKE) -s -j$$(nproc) all
	@/usr/bin/python3 bench/profile.py

test-full:
	@tools/deps demo test
	@WALJET_FULL=1 tools/test

fuzz:
	@tools/deps demo test
	@test/fuzz/run

format:
	@tools/deps demo test
	@find src test bench -name '*.cpp' -o -name '*.h' 2>/dev/null | xargs -r clang-format-14 -i

docs:
	@tools/deps demo test
	@$(MAKE) -s all && cmake --build build --target tool_option_docs tool_setting_docs tool_check_docs
	@build/tools/option_docs > docs/plugin-options.md
	@build/tools/setting_docs > docs/configuration.md
	@build/tools/check_docs > docs/check.md
	@tools/doc-examples

deps:
	@tools/deps demo test

clean:
	rm -rf build waljet.so
