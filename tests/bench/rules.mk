# rules.mk - the benchmark: guests that load one thing each, and the programs that time them.
# A load runs so many iterations, 0.1 to 3 seconds on emulators; all run the same image.
BENCH_COMPUTE = prime crc sieve qsort fib
BENCH_SYSTEM = rmw str priv io pte pf sys cr3 smc
ITER_prime = 20000
ITER_crc = 1200
ITER_sieve = 150
ITER_qsort = 300
ITER_fib = 150
ITER_rmw = 2000
ITER_str = 5000
ITER_priv = 10000000
ITER_io = 10000000
ITER_pte = 3000000
ITER_pf = 1200000
ITER_sys = 1500000
ITER_cr3 = 300000
ITER_smc = 100000
# run.sh knows how often these two iterate
BENCH_EXITS = vmcall cpuid
ITER_vmcall = 500000
ITER_cpuid = 300000

# the same guests for a thousand million steps and more: the way back (travel.c)
BENCH_LONG = prime sieve qsort pte
ITER_long-prime = 130000
ITER_long-sieve = 1000
ITER_long-qsort = 2200
ITER_long-pte = 150000000

BENCH_OUT = $(BUILD)/tests/bench
BENCH_LOADS = $(BENCH_COMPUTE) $(BENCH_SYSTEM)
BENCH_ELF = $(BENCH_LOADS:%=$(BENCH_OUT)/%.elf) $(BENCH_EXITS:%=$(BENCH_OUT)/%.elf)
BENCH_LONG_ELF = $(BENCH_LONG:%=$(BENCH_OUT)/long-%.elf)
BENCH_IMG = $(BENCH_LOADS:%=$(BENCH_OUT)/%.img)
BENCH_GUEST = gcc -m32 -march=i486 -O2 -ffreestanding -fno-builtin -fno-pic -no-pie -mno-80387 \
              -fno-stack-protector -fno-asynchronous-unwind-tables -fcf-protection=none \
              -fno-tree-loop-distribute-patterns -Wall -Itests/bench -nostdlib -static \
              -Wl,--build-id=none -Wl,-z,noexecstack

.PHONY: bench-programs
bench-programs: $(BENCH_OUT)/bench $(BENCH_OUT)/watch $(BENCH_OUT)/travel $(BENCH_ELF) $(BENCH_LONG_ELF) $(BENCH_IMG) \
                $(BUILD)/samples/hello.elf

$(BENCH_OUT)/bench: $(BENCH_OUT)/bench.o $(BUILD)/libstepvisor.a
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(CORE_LIBS)

$(BENCH_OUT)/travel: $(BENCH_OUT)/travel.o $(BUILD)/libstepvisor.a
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(CORE_LIBS)

$(BENCH_OUT)/watch: $(BENCH_OUT)/watch.o
	$(CC) $(LDFLAGS_ALL) -o $@ $^

BENCH_START = tests/bench/start.S tests/bench/bench.inc samples/guest.ld tests/bench/rules.mk
BENCH_LINK = @mkdir -p $(@D); $(BENCH_GUEST) -Wl,-T,samples/guest.ld -DITER=$(ITER_$(basename $(@F))) \
             -DLOAD='"$(basename $(@F))"' -o $@ tests/bench/start.S $<

$(BENCH_OUT)/long-%.elf: tests/bench/loads/%.c $(BENCH_START)
	$(BENCH_LINK)
$(BENCH_OUT)/long-%.elf: tests/bench/loads/%.S $(BENCH_START)
	$(BENCH_LINK)
$(BENCH_OUT)/%.elf: tests/bench/loads/%.S $(BENCH_START)
	$(BENCH_LINK)
$(BENCH_OUT)/%.elf: tests/bench/loads/%.c $(BENCH_START)
	$(BENCH_LINK)

# a 1.44 MB floppy: boot sector, then memory from 1 MB on
$(BENCH_OUT)/%.img: $(BENCH_OUT)/%.elf tests/bench/disk.S
	objcopy -O binary $< $@.data
	$(BENCH_GUEST) -Wl,-Ttext=0x7c00,--oformat=binary \
	    -DSECTORS=$$((($$(stat -c %s $@.data) + 511) / 512)) -o $@ tests/bench/disk.S
	cat $@.data >> $@ && truncate -s 1474560 $@ && rm $@.data
