# rules.mk - the simulated processor against the host's own.
#   make silicon                the long run, ten million programs and more
#   build/tests/silicon/silicon --seed N --count N --only OP
#   make silicon-fp80           the long run of the x87's arithmetic, ten million cases an operation
SILICON_OUT = $(BUILD)/tests/silicon
SILICON_OBJ = $(patsubst %,$(SILICON_OUT)/%.o,silicon gen gen_insn gen_x87 compare process report sim)
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

# the arithmetic of the x87 against the host's FPU; a host that is no x86 cannot build it and skips it
FP80_OBJ = $(patsubst %,$(SILICON_OUT)/%.o,fp80 fp80_gen)
FP80_LONG = 10000000
.PHONY: silicon-fp80-program silicon-fp80
silicon-fp80-program: $(SILICON_OUT)/fp80
silicon-fp80: silicon-fp80-program
	@[ ! -x $(SILICON_OUT)/fp80 ] || $(SILICON_OUT)/fp80 --seed $(SILICON_SEED) --count $(FP80_LONG)

$(SILICON_OUT)/fp80: $(FP80_OBJ) tests/silicon/fp80_ops.c tests/silicon/fp80.h $(BUILD)/libstepvisor.a
	@$(CC) $(ALL_CFLAGS) $(LDFLAGS_ALL) -o $@ $(filter %.c %.o %.a,$^) || \
	    { rm -f $@; echo "fp80: the host is no x86, its FPU cannot be asked"; }
