# rules.mk - the simulated processor against the host's own.
#   make silicon                the long run, ten million programs and more
#   build/tests/silicon/silicon --seed N --count N --only OP
SILICON_OUT = $(BUILD)/tests/silicon
SILICON_OBJ = $(patsubst %,$(SILICON_OUT)/%.o,silicon gen gen_insn compare process report sim)
SILICON_LONG = 12000000
SILICON_SEED = 1
SILICON_HOST = $(CC) -m32 -std=gnu11 -O2 -msse2 -mno-avx -I. -ffreestanding -fno-builtin -fno-pie -no-pie \
               -fno-stack-protector -fno-asynchronous-unwind-tables -fcf-protection=none \
               -fno-strict-aliasing -fno-tree-loop-distribute-patterns $(WARN) -nostdlib -static \
               -Wl,--build-id=none -Wl,-z,noexecstack

.PHONY: silicon silicon-programs
silicon-programs: $(SILICON_OUT)/silicon $(SILICON_OUT)/silicon-host

silicon: silicon-programs
	$(SILICON_OUT)/silicon --long --seed $(SILICON_SEED) --count $(SILICON_LONG)

SILICON_HEADERS = $(addprefix tests/silicon/,silicon.h segments.def)

$(SILICON_OUT)/silicon: $(SILICON_OBJ) $(BUILD)/libstepvisor.a
	$(CC) $(LDFLAGS_ALL) -o $@ $^ -lcapstone $(CORE_LIBS)

# a host that cannot build it has no 32-bit x86 programs: the suite then says so and is skipped
$(SILICON_OUT)/silicon-host: tests/silicon/host.c $(SILICON_HEADERS)
	@mkdir -p $(@D)
	@$(SILICON_HOST) -o $@ $< || { rm -f $@; echo "silicon: $(CC) builds no 32-bit x86 programs here"; }
