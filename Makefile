# mini-docker: one Makefile for everything. `make help` lists what a person would type.
#
# How it finds things (a new chapter is a new folder chapters/NN-name; nothing here changes):
#   chapters/NN-name/**/mini-*.c   a program of that chapter
#   chapters/NN-name/**/*_test.c   a cmocka test of the code beside it
#   chapters/NN-name/**/*_fuzz.c   a libFuzzer target: `make fuzz` feeds it (tests/fuzz)
#   chapters/NN-name/**/X_gen.c    a program run at build time; what it prints is X.inc
#   chapters/NN-name/**/*.c        all else: the chapter's archive
#   chapters/NN-name/steps/*.c     false starts and by-hand versions the book shows: built alone
#   final/mini-*.c                 the composed programs; they take the place of a chapter's
# A chapter is compiled with -iquote of itself and of the chapters numbered below it, and linked
# with their archives only: a later chapter's symbol in an earlier one does not build.

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.SECONDARY:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

# Each command is shown as one short line; V=1 shows it whole.
Q        := $(if $(V),,@)
show      = $(if $(V),,@printf '  %-7s %s\n' $1 $2)
CC       := $(if $(filter default,$(origin CC)),gcc,$(CC))
# Programs that are started once for every container are static and small: on musl where it is
# installed (44 kB resident), on glibc where not (700 kB).
STATIC_PROGRAMS := mini-shim mini-init
STATIC_CC := $(if $(shell command -v musl-gcc),musl-gcc -idirafter /usr/include -idirafter \
             /usr/include/$(shell uname -m)-linux-gnu,$(CC))

# SANITIZE=address,undefined builds into a folder of its own.
BUILD    ?= build$(if $(SANITIZE),/sanitize)
BIN      := $(BUILD)/bin
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef \
            -Wwrite-strings -Wno-missing-field-initializers -Werror
# An old habit of compilers: `linux` is 1 unless told otherwise, and config.json has it as a name.
CPPFLAGS += -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -Ulinux
CFLAGS   ?= -O2 -g
BASE      = -std=gnu17 -MMD -MP -fno-strict-aliasing $(WARNINGS) $(CPPFLAGS) $(CFLAGS)
HARDEN   := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer \
            -fno-sanitize-recover=undefined,-fstack-protector-strong -D_FORTIFY_SOURCE=2)
LIBS      = -Wl,--as-needed $(ARCHIVE) -lsqlite3 -lldns -lssl -lcrypto -ljansson -lhttp_parser -lseccomp \
            -lcap -lisal -lzstd -lz -lcrypt -lpthread -lm
ARCHIVE   = -larchive
# By their paths: -L of that folder would also bring the other C library.
static_lib   = $(filter /%,$(shell $(CC) -print-file-name=lib$1.a))
# The client starts ten times faster without all that libarchive can read, and the daemon is smaller by
# the four libraries that only XML needs: what little is used is linked in, where it can be.
readers = $(if $(SANITIZE),,$(foreach l,archive $1,$(call static_lib,$l)))
readers_link = $(if $(word $(words archive $1),$(call readers,$1)),-Wl$(comma)--gc-sections $(call readers,$1),-larchive)
$(BIN)/mini-docker: ARCHIVE = $(call readers_link)
$(BIN)/mini-dockerd: ARCHIVE = $(call readers_link,lzma bz2)
comma := ,
STATIC_LIBS := $(foreach l,jansson seccomp cap,$(call static_lib,$l))
# Each page that is touched costs: no relocations, no code that nobody calls, few segments.
STATIC_LINK := -static -no-pie -Wl,--gc-sections,-z,noseparate-code,-z,norelro
# So is mini-runc, where its libraries are there to be linked in (Fedora has them shared only).
STATIC_PROGRAMS += $(if $(SANITIZE),,$(if $(word 3,$(STATIC_LIBS)),mini-runc))

CHAPTERS := $(sort $(notdir $(patsubst %/,%,$(wildcard chapters/*/))))
# upto: the chapter $1 and those before it, itself first (the order the linker wants).
before    = $(if $(filter-out $1,$(firstword $2)),$(call before,$1,$(wordlist 2,99,$2)) $(firstword $2))
upto      = $1 $(call before,$1,$(CHAPTERS))
folders   = $(filter-out %/steps,chapters/$1 $(patsubst %/,%,$(wildcard chapters/$1/*/)))
includes  = $(foreach c,$(call upto,$1),$(addprefix -iquote ,$(call folders,$c)) -iquote $(BUILD)/gen/$c)
archives  = $(foreach c,$(call upto,$1),$(BUILD)/$2$c.a)
program   = $(basename $(notdir $1))

all_c     := $(foreach c,$(CHAPTERS),$(foreach d,$(call folders,$c),$(wildcard $d/*.c)))
mains     := $(foreach f,$(all_c),$(if $(filter mini-%,$(notdir $f)),$f))
tests     := $(filter %_test.c,$(all_c))
fuzzers   := $(filter %_fuzz.c,$(all_c))
generated := $(filter %_gen.c,$(all_c))
library   := $(filter-out $(mains) $(tests) $(fuzzers) $(generated),$(all_c))
finals    := $(wildcard final/mini-*.c)
headers   := $(foreach c,$(CHAPTERS),$(foreach d,$(call folders,$c),$(wildcard $d/*.h)))
steps     := $(wildcard chapters/*/steps/*.c)

.PHONY: all
all: ## build every program into build/bin
all: $(addprefix $(BIN)/,$(sort $(foreach m,$(mains) $(finals),$(call program,$m))))

# One chapter: its objects see the chapters before it, and nothing after. $2 is where the code is.
define object_rules
$(BUILD)/obj/$1/%.o: $2/%.c $(call inc_files,$1)
	@mkdir -p $$(@D)
	$$(call show,CC,$$<)
	$$(Q)$$(CC) $$(BASE) $$(HARDEN) $(call includes,$1) -c $$< -o $$@
$(BUILD)/static/obj/$1/%.o: $2/%.c $(call inc_files,$1)
	@mkdir -p $$(@D)
	$$(call show,CC,'$$< (static)')
	$$(Q)$$(STATIC_CC) $$(BASE) -Os -fno-pie -ffunction-sections $(call includes,$1) -c $$< -o $$@
endef
define chapter_rules
$(BUILD)/$1.a: $(patsubst chapters/%.c,$(BUILD)/obj/%.o,$(filter chapters/$1/%,$(library)))
	@rm -f $$@
	$$(call show,AR,$$@)
	$$(Q)$$(AR) rcs $$@ $$^
$(BUILD)/static/$1.a: $(patsubst chapters/%.c,$(BUILD)/static/obj/%.o,$(call static_part,$1))
	@rm -f $$@
	$$(call show,AR,$$@)
	$$(Q)$$(AR) rcs $$@ $$^
$(BUILD)/test/$1/%: $(BUILD)/obj/$1/%.o $(call archives,$1)
	@mkdir -p $$(@D)
	$$(call show,LD,$$@)
	$$(Q)$$(CC) $$(HARDEN) $$^ -o $$@ -lcmocka $$(LIBS)
$(BUILD)/targets/$1/%: $(BUILD)/obj/$1/%.o $(call archives,$1)
	@mkdir -p $$(@D)
	$$(call show,LD,$$@)
	$$(Q)$$(CC) -fsanitize=fuzzer $$(HARDEN) $$^ -o $$@ $$(LIBS)
endef
space := $(subst ,, )
comma := ,
inc_files   = $(patsubst chapters/$1/%_gen.c,$(BUILD)/gen/$1/%.inc,$(filter chapters/$1/%,$(generated)))
# What a static program may use: code that needs no library but libc and libcap, and in the
# chapters of mini-runc those that it is linked with, which is all of them.
library_names := jansson|archive|sqlite3|seccomp|http_parser|igzip_lib|zlib|zstd
library_headers := $(if $(headers),$(shell grep -lE 'include [<"](($(library_names))\.h|openssl/|isa-l)' $(headers)))
library_headers += $(if $(library_headers),$(shell grep -lE 'include "($(subst $(space),|,$(notdir $(library_headers))))"' $(headers)))
needs_library := $(if $(all_c),$(shell grep -lE 'include ([<"](($(library_names))\.h|openssl/|isa-l)|"($(subst $(space),|,$(sort $(notdir $(library_headers)))))")' $(all_c)))
static_whole := $(foreach c,$(if $(filter mini-runc,$(STATIC_PROGRAMS)),$(foreach m,$(mains),$(if \
  $(filter %/mini-runc.c,$m),$(word 2,$(subst /, ,$m))))),$(call upto,$c))
static_part = $(filter-out $(if $(filter $1,$(static_whole)),,$(needs_library)),$(filter $(or $(call static_folder,$1),chapters/$1)/%,$(library)))
# In the chapter of static programs that is their own folder.
static_folder = $(patsubst %/,%,$(sort $(dir $(filter chapters/$1/%,$(foreach p,$(STATIC_PROGRAMS),$(filter %/$p.c,$(mains)))))))
# A file found in STUDENT takes the place of the same one of CHAPTER: of two rules that fit, make
# takes the first. What a function of his that is not written yet would have used is unused, and what
# it would have returned is NULL.
$(if $(STUDENT),$(eval WARNINGS += -Wno-unused-function -Wno-unused-const-variable -Wno-format-overflow))
$(if $(STUDENT),$(eval $(call object_rules,$(CHAPTER),$(STUDENT))))
$(foreach c,$(CHAPTERS),$(eval $(call object_rules,$c,chapters/$c))$(eval $(call chapter_rules,$c)))

define program_rule
$(BIN)/$(call program,$1): $(patsubst chapters/%.c,$(BUILD)/obj/%.o,$1) $(call archives,$2)
	@mkdir -p $$(@D)
	$$(call show,LD,$$@)
	$$(Q)$$(CC) $$(HARDEN) $$^ -o $$@ $$(LIBS)
endef
define static_program_rule
$(BIN)/$(call program,$1): $(patsubst chapters/%.c,$(BUILD)/static/obj/%.o,$1) $(call archives,$2,static/)
	@mkdir -p $$(@D)
	$$(call show,LD,'$$@ (static)')
	$$(Q)$$(STATIC_CC) $$(STATIC_LINK) $$^ -Wl,--start-group $$(STATIC_LIBS) $(BUILD)/static/00-base.a -Wl,--end-group -lm -o $$@
endef
chapter_of = $(word 2,$(subst /, ,$1))
replaced  := $(foreach f,$(finals),$(call program,$f))
$(foreach m,$(mains),$(if $(filter $(replaced),$(call program,$m)),,$(eval $(call \
  $(if $(filter $(STATIC_PROGRAMS),$(call program,$m)),static_)program_rule,$m,$(call chapter_of,$m)))))

# final/: every chapter, and the tables that compose them.
last := $(lastword $(CHAPTERS))
$(BUILD)/obj/final/%.o: final/%.c
	@mkdir -p $(@D)
	$(call show,CC,$<)
	$(Q)$(CC) $(BASE) $(HARDEN) -iquote final $(call includes,$(last)) -c $< -o $@
final_parts := $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out $(finals),$(wildcard final/*.c)))
$(foreach f,$(finals),$(eval $(BIN)/$(call program,$f): $(BUILD)/obj/$(f:.c=.o) $(final_parts) \
  $(call archives,$(last)) ; @mkdir -p $$(@D); echo '  LD      '$$@; $$(CC) $$(HARDEN) $$^ -o $$@ $$($(call program,$f)_LINK) $$(LIBS)))
# The client is started for every command, and half of what that takes is finding libraries: it has
# its own in it. (The warning would be of names of hosts, which come from the libraries of the system
# that runs it.)
mini-docker_LINK := $(if $(SANITIZE),,$(if $(word 2,$(foreach l,jansson http_parser,$(call \
  static_lib,$l))),-static -no-pie -Wl$(comma)-z$(comma)norelro$(if $(shell \
  ld --help | grep -- --no-warnings),$(comma)--no-warnings)))

# Build-time programs: X_gen.c prints X.inc. They may use the chapters before their own.
define generator_rule
$(BUILD)/gen/$(patsubst chapters/%_gen.c,%.inc,$1): $1 $(call archives,$(firstword $(call before,$(call chapter_of,$1),$(CHAPTERS))))
	@mkdir -p $$(@D)
	$$(call show,GEN,$$@)
	$$(Q)$$(CC) $$(BASE) $$(HARDEN) $(call includes,$(call chapter_of,$1)) -MF $$(@:.inc=.gen.d) -MT $$@ $$(filter %.c %.a,$$^) -o $$(@:.inc=.gen) $$(LIBS)
	$$(Q)$$(@:.inc=.gen) > $$@
endef
$(foreach g,$(generated),$(eval $(call generator_rule,$g)))

test_programs := $(patsubst chapters/%.c,$(BUILD)/test/%,$(tests))
lab_tests     := $(wildcard labs/*/tests/*_test.c)
lab_test_programs := $(foreach t,$(lab_tests),$(BIN)/$(call program,$t))
step_programs := $(patsubst chapters/%.c,$(BUILD)/%,$(steps))
# A step may use the base, nothing else of ours.
$(step_programs): $(BUILD)/%: chapters/%.c $(BUILD)/00-base.a
	@mkdir -p $(@D)
	$(call show,LD,$@)
	$(Q)$(CC) $(BASE) $(HARDEN) -iquote chapters/00-base $^ -o $@ $(LIBS)

# The cmocka tests of a lab see its chapter as the chapter sees itself.
define lab_test_rule
$(BUILD)/obj/$(1:.c=.o): $1
	@mkdir -p $$(@D)
	$$(call show,CC,$$<)
	$$(Q)$$(CC) $$(BASE) $$(HARDEN) $(call includes,$(call chapter_of,$1)) -c $$< -o $$@
$(BIN)/$(call program,$1): $(BUILD)/obj/$(1:.c=.o) $(call archives,$(call chapter_of,$1))
	@mkdir -p $$(@D)
	$$(call show,LD,$$@)
	$$(Q)$$(CC) $$(HARDEN) $$^ -o $$@ -lcmocka $$(LIBS)
endef
$(foreach t,$(lab_tests),$(eval $(call lab_test_rule,$t)))

.PHONY: tests steps lab-tests
tests: $(test_programs) ## build the unit tests, run none
steps: $(step_programs) ## build the small programs that the book shows
lab-tests: $(lab_test_programs) ## build the cmocka tests of the labs, which graders side by side would

.PHONY: unit
unit: $(test_programs) ## run the unit tests (cmocka)
	@tests/unit $(test_programs)

.PHONY: headers
headers: $(patsubst chapters/%,$(BUILD)/headers/%.ok,$(headers)) ## each header compiles alone, names are unique
	@repeated=$$(printf '%s\n' $(notdir $(headers)) | sort | uniq -d); \
	  if [ -n "$$repeated" ]; then echo "two headers of one name: $$repeated"; exit 1; fi
	@! grep -nE '#include ".*\.\./' $(all_c) $(headers) || { echo 'an include must not contain ../'; exit 1; }
define header_rule
$(BUILD)/headers/$1/%.h.ok: chapters/$1/%.h $(call inc_files,$1)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(filter-out -MMD -MP,$$(BASE)) $(call includes,$1) -x c -fsyntax-only $$< && touch $$@
endef
$(foreach c,$(CHAPTERS),$(eval $(call header_rule,$c)))

.PHONY: format check
sources := $(all_c) $(headers) $(steps) $(lab_tests) $(wildcard final/*.[ch] bench/*.[ch])
format: ## lay out the C code as .clang-format says
	@clang-format -i $(sources)
check: headers ## [DEEP=1] layout, static analysis, shell scripts
	@clang-format --dry-run -Werror $(sources)
	@DEEP=$(DEEP) tests/check $(CHAPTERS)

# The book (book/README.md). Debian: sphinx, MyST and furo under the system's own Python.
SPHINX := /usr/bin/python3 -B -m sphinx
.PHONY: book book-epub book-check book-console-update book-stamp
book: ## build the book into build/book/html
	$(Q)$(SPHINX) -q -b html -d $(BUILD)/book/trees book $(BUILD)/book/html
	@echo 'open $(BUILD)/book/html/index.html'
book-epub: ## the same as one file for a reader: build/book/epub/mini-docker.epub
	$(Q)$(SPHINX) -q -b epub -d $(BUILD)/book/epub-trees book $(BUILD)/book/epub \
	  -D version=$$(sed -n 's/.*MINI_VERSION "\(.*\)"/\1/p' chapters/00-base/version.h)
	@echo '$(BUILD)/book/epub/mini-docker.epub'
book-check: steps ## the book's listings, sections and console sessions are as the code is
	$(Q)book/check $(BUILD)
book-console-update: steps ## rewrite the book's console sessions with what is printed now
	$(Q)book/console --update --build $(BUILD) $(wildcard book/[0-9]*.md book/index.md)
book-stamp: ## FILE=book/NN-name.md: the page was read again after its code changed
	$(Q)book/stamp $(FILE)

# The labs (labs/README.md).
.PHONY: grade starter handout exam
grade: ## LAB=01 [SUBMISSION=folder] [TASK=name] [HINTS=3] [CSV=file]: grade a lab
	$(Q)labs/grade --build $(BUILD) $(addprefix --task ,$(TASK)) $(addprefix --hints ,$(HINTS)) \
	  $(addprefix --csv ,$(CSV)) $(LAB) $(SUBMISSION)
starter: ## LAB=01 INTO=folder: write what a student starts from
	$(Q)labs/starter $(LAB) $(INTO)
handout: ## LAB=01: what a student gets, as build/lab-01.tar.gz
	$(Q)mkdir -p $(BUILD) && labs/handout --output $(BUILD)/lab-$(LAB).tar.gz $(LAB)
exam: ## [FULL=1] do the labs' graders grade right? FULL: every mutant, not a sample
	$(Q)labs/exam --build $(BUILD) $(if $(FULL),--full)

# DESTDIR and PREFIX as everywhere. The client's pages and completions come from its own tables.
.PHONY: man install
PREFIX ?= /usr/local
man: $(addprefix $(BIN)/,mini-docker mini-dockerd mini-dockerd-rootless mini-registry) ## write the manual pages into build/man
	$(Q)rm -rf $(BUILD)/man && $(BIN)/mini-docker __man $(BUILD)/man
	$(Q)for p in mini-dockerd mini-dockerd-rootless mini-registry; do $(BIN)/$$p --man >$(BUILD)/man/$$p.8 || exit 1; done
install: all man ## [PREFIX=/usr/local] programs, manual pages, completion for three shells
	$(Q)install -d $(addprefix $(DESTDIR)$(PREFIX)/,bin share/man/man1 share/man/man8 share/zsh/site-functions \
	  share/bash-completion/completions share/fish/vendor_completions.d)
	$(Q)install -m 755 $(BIN)/mini-* $(DESTDIR)$(PREFIX)/bin
	$(Q)install -m 644 $(BUILD)/man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1
	$(Q)install -m 644 $(BUILD)/man/*.8 $(DESTDIR)$(PREFIX)/share/man/man8
	$(Q)for p in "mini-docker completion" "mini-dockerd --completion" \
	  "mini-dockerd-rootless --completion" "mini-registry --completion"; do \
	  $(BIN)/$$p bash >$(DESTDIR)$(PREFIX)/share/bash-completion/completions/$${p%% *} && \
	  $(BIN)/$$p zsh >$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_$${p%% *} && \
	  $(BIN)/$$p fish >$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/$${p%% *}.fish || exit 1; done

.PHONY: clean help
clean: ## remove build/
	rm -rf build
help: ## list what can be made
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

-include $(shell [ -d $(BUILD) ] && find $(BUILD) -name '*.d' -type f)

# Set-up, and everything at once. Who came by sudo builds as himself: build/ stays his.
as_user := $(if $(filter-out 0,$(SUDO_UID)),setpriv --reuid=$(SUDO_UID) --regid=$(SUDO_GID) --init-groups)
own_build = $(if $(as_user),$(Q)[ ! -e $(BUILD) ] || chown -R $(SUDO_UID):$(SUDO_GID) $(BUILD))
scripts = $(Q)BUILD=$(BUILD)
.PHONY: setup demo shell test test-vm doctor bench sanitize valgrind
setup: ## sudo: install what is missing, for building and for tests
	$(scripts) scripts/setup build test
demo: ## sudo: set up, build, and watch containers run in a daemon of your own
	$(scripts) scripts/setup build
	$(own_build)
	$(Q)$(as_user) $(MAKE) --no-print-directory -j$(shell nproc) all
	$(scripts) scripts/demo
shell: all ## sudo: a shell with a private daemon, for mini-docker and docker
	$(scripts) scripts/demo --shell
test: ## sudo: set up, build, run every test
	$(scripts) scripts/setup build test
	$(own_build)
	$(Q)$(as_user) $(MAKE) --no-print-directory -j$(shell nproc) all tests steps lab-tests
	$(scripts) tests/run
test-vm: all tests ## sudo: [FULL=1] control groups of version 2 alone, in a virtual machine
	$(scripts) tests/vm $(if $(FULL),--full)
doctor: ## sudo: what this machine can run, why not, and what to do
	$(scripts) scripts/doctor
bench: ## sudo: against docker, runc and crun; images against tar, umoci and docker
	$(scripts) scripts/setup build test bench
	$(own_build)
	$(Q)$(as_user) $(MAKE) --no-print-directory -j$(shell nproc) all
	$(scripts) bench/run
	$(scripts) bench/images
	$(scripts) bench/pull
	$(scripts) scripts/peers nginx docker-registry
	$(scripts) bench/registry
	$(scripts) scripts/peers docker dockerd
	$(scripts) bench/names
	$(scripts) bench/traffic
$(BUILD)/bench/floor: bench/floor.c
	@mkdir -p $(@D)
	$(Q)$(STATIC_CC) -std=gnu17 $(WARNINGS) $(CPPFLAGS) $(CFLAGS) -static $< -o $@
$(BUILD)/bench/filter: bench/filter.c
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 $(WARNINGS) $(CPPFLAGS) $(CFLAGS) $< -o $@ -lseccomp
sanitize: ## the unit tests under ASan and UBSan
	$(Q)$(MAKE) --no-print-directory unit SANITIZE=address,undefined CFLAGS='-O1 -g' BUILD=$(BUILD)/sanitize
.PHONY: torture
torture: all ## sudo: [TIMES=100] mini-image is killed half way, its disk is full, its calls fail
	$(Q)PATH=$(abspath $(BIN)):$$PATH tests/02-images/torture -n $(or $(TIMES),100)
.PHONY: torture-daemon
torture-daemon: all ## sudo: [TIMES=300] mini-dockerd is killed again and again while clients work
	$(scripts) DAEMON_KILLS=$(or $(TIMES),300) BATS_TEST_TIMEOUT=7200 BATS_SECONDS=7200 \
	  tests/run tests/03-daemon/torture.bats
.PHONY: leaks
leaks: all ## sudo: [TIMES=1000] containers come and go with networks and ports, daemons are killed: is anything left?
	$(scripts) LEAK_RUNS=$(or $(TIMES),1000) BATS_TEST_TIMEOUT=7200 BATS_SECONDS=7200 \
	  tests/run -f 'nothing leaks' tests/05-volumes-networks/networks.bats
# What has threads again, with ThreadSanitizer, between programs as they are.
.PHONY: races
threaded := mini-dockerd mini-registry
races: all ## sudo: [TIMES=300] clients ask daemons under ThreadSanitizer at once for what fits together worst
	$(Q)$(MAKE) --no-print-directory SANITIZE=thread CFLAGS='-O1 -g -Wno-maybe-uninitialized' \
	  BUILD=$(BUILD)/thread $(addprefix $(BUILD)/thread/bin/,$(threaded))
	$(Q)cp $(filter-out $(addprefix $(BIN)/,$(threaded)),$(wildcard $(BIN)/*)) $(BUILD)/thread/bin
	$(scripts) MINI_BIN=$(abspath $(BUILD))/thread/bin RACE_ROUNDS=$(or $(TIMES),300) \
	  BATS_TEST_TIMEOUT=7200 BATS_SECONDS=7200 tests/run tests/05-volumes-networks/races.bats
# The whole tree again, instrumented: clang counts which branches an input takes.
.PHONY: fuzz fuzz-programs
fuzz: ## [TIME=60] [TARGET=name]: feed each parser of hostile input with inputs made up from seeds
	$(Q)$(MAKE) --no-print-directory fuzz-programs CC=clang BUILD=$(BUILD)/fuzz \
	  SANITIZE=fuzzer-no-link,address,undefined
	$(Q)tests/fuzz $(BUILD)/fuzz $(or $(TIME),60) $(TARGET)
fuzz-programs: $(patsubst chapters/%.c,$(BUILD)/targets/%,$(fuzzers))
.PHONY: guards
guards: ## sudo: is each guard of mini-runc missed by a test when it is taken out? some minutes
	$(Q)tests/guards $(BUILD)
valgrind: $(test_programs) ## the unit tests under valgrind
	$(Q)UNIT_RUNNER='$(valgrind)' UNIT_UNFIT='unhandled .* syscall' tests/unit $(filter-out %/client_test,$(test_programs))
# client_test forks beside threads: in its children what the threads had is lost, as it must be.
valgrind := valgrind -q --error-exitcode=99 --leak-check=full \
            --errors-for-leak-kinds=definite,possible --suppressions=tests/valgrind.supp
