# Builds and installs waljet: the output plugin (PGXS) and the streamer (CMake, into build/).
#
#   make, make install, make uninstall     PG_CONFIG=… PREFIX=/usr/local DESTDIR=
#   make demo, test, lint, format, …       developer verbs, in dev.mk
#
# PGXS claims verbs such as `check` and stops where PostgreSQL is not installed, so the developer verbs are read
# instead of it, not beside it.
DEV_VERBS = demo test test-full unit fuzz golden roundtrip e2e fault mutants asan matrix bench bench-quick profile lint \
  format docs clean deps

ifneq ($(filter $(DEV_VERBS),$(MAKECMDGOALS)),)
include dev.mk
else

# ---- the plugin and the extension, whose functions are in the same module ----

MODULE_big = waljet
EXTENSION = waljet
DATA = sql/waljet--$(shell cat VERSION).sql
SOURCES := $(sort $(wildcard src/event/*.cpp src/plugin/*.cpp))
OBJS = $(SOURCES:src/%.cpp=build/plugin/%.o)

PG_CPPFLAGS = -Isrc -isystem $(includedir_server) -DWALJET_VERSION='"$(shell cat VERSION)"' \
  -DPGDLLEXPORT='__attribute__((visibility("default")))'
# No exceptions, no RTTI, nothing that needs the C++ runtime: the C driver links the module and
# `make lint` looks at its symbols. PostgreSQL 13 to 15 use `register` in headers.
PG_CXXFLAGS = -std=gnu++20 -fno-exceptions -fno-rtti -fno-threadsafe-statics -fvisibility=hidden \
  -g1 -Wall -Wextra -Wshadow -Wconversion -Werror -Wno-register -MMD -MP \
  $(if $(findstring clang,$(CXX)),-Wno-unknown-warning-option -Wno-ignored-attributes)

# Bitcode serves to inline functions that SQL calls into a query. Ours are called once a query or a batch.
override with_llvm = no

PG_CONFIG := $(shell tools/pg-config)
PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)
ifeq ($(wildcard $(PGXS)),)
$(error no PostgreSQL server headers found: run tools/deps demo, or set PG_CONFIG=/path/to/pg_config)
endif
include $(PGXS)

# Objects are rebuilt when a header, a flag, the compiler or the PostgreSQL they were built for changes.
COMPILE = $(CXX) $(CXXFLAGS) $(CPPFLAGS)
FLAGS_FILE = build/plugin/flags
ifneq ($(file <$(FLAGS_FILE)),$(COMPILE))
$(shell mkdir -p $(dir $(FLAGS_FILE)))
$(file >$(FLAGS_FILE),$(COMPILE))
endif
build/plugin/%.o: src/%.cpp $(FLAGS_FILE)
	@mkdir -p $(@D)
	$(COMPILE) -c -o $@ $<
-include $(OBJS:.o=.d)

# ---- the streamer ----

PREFIX ?= /usr/local

all: streamer
install: install-streamer
uninstall: uninstall-streamer

.PHONY: streamer install-streamer uninstall-streamer
streamer: build/CMakeCache.txt
	@MAKEFLAGS=--no-print-directory cmake --build build --target waljet --parallel $$(nproc)
build/CMakeCache.txt:
	@cmake -S . -B build >/dev/null
install-streamer: streamer
	install -D -m 755 build/waljet '$(DESTDIR)$(PREFIX)/bin/waljet'
uninstall-streamer:
	rm -f '$(DESTDIR)$(PREFIX)/bin/waljet'

endif
