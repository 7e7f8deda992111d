# The debugger's commands in batch mode, their errors and exit codes.
$ stepvisor --batch -ex 'quit 7'
? 7
$ stepvisor --batch -ex step
error: no guest is loaded: file GUEST, or lesson start NAME
? 1
$ stepvisor --batch -ex stpe samples/popf.S
error: no command "stpe"; did you mean "step"?
? 2
$ stepvisor --batch -ex reverse samples/popf.S
error: "reverse" is ambiguous: reverse-step, reverse-stepi, reverse-next, reverse-finish, reverse-continue
? 2
$ stepvisor --batch -ex 'print eaxx + 1' samples/popf.S
error: no register, flag or symbol is called 'eaxx'; did you mean 'eax'?
  eaxx + 1
  ^
? 1
$ stepvisor --batch -ex 'print 1 +' -ex 'echo not reached' samples/popf.S
...
? 1
$ printf 'step 2\nbogus\nwhen\n' > "$XDG_STATE_HOME/script"; cd "$XDG_STATE_HOME"; stepvisor --batch -x script "$OLDPWD/samples/popf.S"
tick 2 step 2: 00100013 <_start+0x7>  out 0x21, al  [kernel, CPL guest 0 real 0]
error: no command "bogus"; see help
script:2: stopped here
? 2
$ stepvisor --batch -x no-such-script samples/popf.S
error: no-such-script: No such file or directory
? 2
$ stepvisor --batch -ex 'source samples' -ex 'echo not reached' samples/popf.S
error: samples: Is a directory
? 2
# n forward and n back is where it began
$ stepvisor --batch --engine bt -ex 'step 500' -ex 'reverse-step 500' -ex 'reverse-step' samples/popf.S | sed 's/ step.*//'
tick 500
tick 0
this is the beginning of history
tick 0
$ stepvisor --batch -ex 'break timer if tick > 6000' -ex continue -ex 'info break' samples/popf.S
breakpoint 1 at 00100129 <timer>
breakpoint 1
...
1   breakpoint on  timer  00100129 timer  if tick > 6000  hits 1
$ stepvisor --batch --engine bt -ex 'catch callout' -ex 'continue 3' samples/popf.S
catchpoint 1: callout
breakpoint 1
  callout: popf at 0x0010001c (_start+16) called out of the cache to the monitor  (the paper, 3.2)
...
$ stepvisor --batch --engine vt -ex 'catch exit IO_INSTRUCTION' -ex c -ex 'print kind' samples/popf.S
catchpoint 1: vmexit
breakpoint 1
...
$ stepvisor --batch -ex 'catch nothing' samples/popf.S
error: no event "nothing"; see help catch
  nothing
  ^
? 1
$ stepvisor --batch -ex 'step 5' -ex 'set $eax = 0x1234' -ex 'p/x ax' -ex 'set zf = 1' -ex 'p zf' samples/popf.S
tick 5 step 5: 0010001c <_start+0x10>  popfd  [kernel, CPL guest 0 real 0]
$eax = 0x1234; a branch of history begins here
0x00001234
zf = 0x1; a branch of history begins here
1 = 0x1
$ stepvisor --batch --engine bt -ex 'set $eax = 1' samples/popf.S
error: under bt the guest's state is spread over the monitor; it can be set under the engine native
? 1
$ stepvisor --batch -ex 'x/2xw 0x101000' -ex 'x/s 0x101000' -ex 'x/2i timer' samples/popf.S
00101000:  0x656d6974  0x66612072
00101000:  "timer after popf: "
00100129 <timer>:  push eax
0010012a <timer+0x1>:  inc dword [0x102130]
$ stepvisor --batch -ex 'engine direct' -ex 'step 6' -ex 'print if' -ex 'engine native' -ex 'print if' samples/popf.S
engine direct, at the same guest time
tick 0 step 0: 0010000c <_start>  mov esp, 0x102130  [kernel, CPL guest 0 real 1]
tick 6 step 12: 0010001d <_start+0x11>  xor ebx, ebx  [kernel, CPL guest 0 real 1]
0 = 0x0
engine native, at the same guest time
tick 6 step 6: 0010001d <_start+0x11>  xor ebx, ebx  [kernel, CPL guest 0 real 0]
1 = 0x1
$ stepvisor --batch -ex 'diverge native direct' samples/popf.S
popf at 0x0010001c set IF=1 natively; under direct it left IF=0, because the guest kernel runs at CPL 1, where popf leaves IF and IOPL unchanged without a trap (SDM 2 POPF; the paper, 3.1), so the monitor never learned of it
...
$ printf 'step\n\n\nwhen\nquit 3\n' | stepvisor samples/popf.S | cut -d: -f1; printf 'quit 3\n' | stepvisor samples/popf.S >/dev/null
stepvisor 0.1; help lists the commands
tick 0 step 0
tick 1 step 1
tick 2 step 2
tick 3 step 3
tick 3 step 3
? 3
# what is watched: memory, by address, pointer or sized name
$ stepvisor --batch samples/popf.S -ex 'watch dword[ticks]' -ex 'watch *ticks' -ex 'watch byte[ticks]' -ex 'watch ticks 2' -ex c | cut -d: -f1-2
watchpoint 1: 4 bytes at 00102130
watchpoint 2: 4 bytes at 00102130
watchpoint 3: 1 bytes at 00102130
watchpoint 4: 2 bytes at 00102130
breakpoint 1
tick 4,066 step 4,067: 00100130 <timer+0x7>  mov al, 0x20  [kernel, CPL guest 0 real 0]
# a guest without a gate for NMI; what was injected comes again when its time does
$ stepvisor --batch -ex 'step 50' -ex nmi -ex 'step 2' -ex 'reverse-step 3' -ex 'step 9' samples/popf.S
tick 50 step 50: 001001e6 <set_gate+0x8>  mov word [ecx*8 + 0x10213a], 8  [kernel, CPL guest 0 real 0]
IOCHK# is asserted
triple fault at tick 50, EIP 001001e6 <set_gate+0x8>: NMI, #GP (error code 0x13) while NMI was delivered, #GP (error code 0x6b) while #GP was delivered, #GP (error code 0x43) while #DF was delivered: the guest shut down
tick 50 step 51: 001001e6 <set_gate+0x8>  mov word [ecx*8 + 0x10213a], 8  [kernel, CPL guest 0 real 0]
tick 48 step 48: 00100033 <_start+0x27>  call 0x1001de <set_gate>  [kernel, CPL guest 0 real 0]
triple fault at tick 50, EIP 001001e6 <set_gate+0x8>: NMI, #GP (error code 0x13) while NMI was delivered, #GP (error code 0x6b) while #GP was delivered, #GP (error code 0x43) while #DF was delivered: the guest shut down
tick 50 step 51: 001001e6 <set_gate+0x8>  mov word [ecx*8 + 0x10213a], 8  [kernel, CPL guest 0 real 0]
$ stepvisor --batch --engine vt -ex 'step 50' -ex nmi -ex 'catch shutdown' -ex c samples/popf.S
...
  shutdown: triple fault: the processor shut down; it began with NMI  (SDM 3A 6.15 #DF)
...
$ stepvisor --batch -ex 'nmi 2' samples/popf.S
error: usage: nmi
? 2
# what just happened is of the last move only, also where an event has the number of the step before
$ stepvisor samples/popf.S --batch -ex 'step 5' -ex step -ex 'until timer' -ex 'view what' | sed -n 4,6p
4,064 interrupt: the 8259 interrupted with vector 0x20 (IRQ timer)
why: the 8259 asked, and IF was 1; SDM 3A 6.3
cost: 2,616,484 cycles since the last stop
# wrong arguments are refused, not bent into something else
$ for c in 'step -1' 'reverse-step -1' 'break 0x123456789' 'watch 0x123456789' 'until tick:x' 'disable x' 'delete x' 'catch exit CPUIT' 'view events vmexut' 'nmi 3' 'x 0xf0000000'; do stepvisor --batch -ex "$c" samples/popf.S; done 2>&1 | grep error
error: a count is not negative
error: a count is not negative
error: 0x123456789 is no address: those have 32 bits
error: 0x123456789 is no address: those have 32 bits
error: usage: until ADDRESS | tick:N
error: usage: disable [NUMBER..]
error: usage: delete [NUMBER..]
error: no exit reason "CPUIT"; did you mean "CPUID"?
error: no event or layer "vmexut"; layers: hw vmm bt vt
error: usage: nmi
error: nothing is mapped at f0000000
$ stepvisor --batch -ex 'view events vmexit' -ex 'info display' -ex 'xp/2xb 0xfff00' -ex 'set $eflags = 0xffffffff' -ex 'print/x eflags' -ex 'set $eflags = 0' -ex 'print/x eflags' samples/popf.S
none of them yet
no displays
000fff00:  0x00  0x00
$eflags = 0xffffffff; a branch of history begins here
0x003d7fd7
$eflags = 0x0; a branch of history begins here
0x00000002
# what is wider than its place is refused, not cut
$ stepvisor --batch -ex 'set $eax = 0x123456789' samples/popf.S
error: 0x123456789 does not fit into eax, which has 32 bits
  0x123456789
  ^
? 1
$ for c in 'ax = 0x10000' 'al = -129' 'zf = 2' 'iopl = 4' 'eflags = 0x100000000' 'byte[esp] = 256' 'word[0x101000] = -32769' 'dword[0x101000] = 1 << 32' 'byte[1 << 32] = 1' 'fctrl = 0x10000' 'fop = 0x800' 'vm = 1' 'cr0 = 1'; do stepvisor --batch -ex "set $c" samples/popf.S; done 2>&1 | grep error
error: 0x10000 does not fit into ax, which has 16 bits
error: -129 does not fit into al, which has 8 bits
error: 0x2 does not fit into zf, which has 1 bit
error: 0x4 does not fit into iopl, which has 2 bits
error: 0x100000000 does not fit into eflags, which has 32 bits
error: 0x100 does not fit into a byte, which has 8 bits
error: -32769 does not fit into a word, which has 16 bits
error: 0x100000000 does not fit into a dword, which has 32 bits
error: 0x100000000 is no address: those have 32 bits
error: 0x10000 does not fit into fctrl, which has 16 bits
error: 0x800 does not fit into fop, which has 11 bits
error: only general registers, eip and flags (not VM) can be set
error: only general registers, eip and flags (not VM) can be set
$ stepvisor --batch -ex 'set $ax = 0xabcd' -ex 'set ah = -1' -ex 'p/x eax' -ex 'set iopl = 1' -ex 'p/x eflags' -ex 'set esi = -5' -ex 'set word[0x101001] = -2' -ex 'xp/4xb 0x101000' samples/popf.S
$ax = 0xabcd; a branch of history begins here
ah = 0xff; a branch of history begins here
0x2badffcd
iopl = 0x1; a branch of history begins here
0x00001002
esi = 0xfffffffb; a branch of history begins here
word[0x101001] = 0xfffe; a branch of history begins here
00101000:  0x74  0xfe  0xff  0x65
# a time that is not reached
$ stepvisor --batch -ex 'until tick:50' -ex 'goto 60' -ex 'goto 99999999' samples/popf.S
tick 50 was reached
tick 50 step 50: 001001e6 <set_gate+0x8>  mov word [ecx*8 + 0x10213a], 8  [kernel, CPL guest 0 real 0]
tick 60 step 60: 00100042 <_start+0x36>  out 0x40, al  [kernel, CPL guest 0 real 0]
this is the end of history
tick 58,866 step 58,878: 001000e6 <_start+0xda>  cli  [kernel, CPL guest 0 real 0]
# a jump's target has its name everywhere
$ stepvisor --batch -ex 'until 0x10001f' -ex 'x/i eip' -ex 'disassemble 0x10001f' samples/popf.S | sed -n 1,3p
tick 7 step 7: 0010001f <_start+0x13>  call 0x100172 <machine_init>  [kernel, CPL guest 0 real 0]
0010001f <_start+0x13>:  call 0x100172 <machine_init>
> 0010001f e8 4e 01 00 00 call 0x100172 <machine_init>
# what the translator cannot decode: its bytes, and what crosses a page by its name
$ stepvisor trace tests/guests/unread.S --engine bt --only callout | sed -n '/iret/d; s/.*callout *\(.*100[0f][23f].*\) called.*/\1/p'
(bad) 0f 04 at 0x0010002a (_start+30)
(bad) 0f 28 at 0x0010002d (_start+33)
(bad) f0 90 at 0x00100030 (_start+36)
ud2 at 0x00100033 (_start+39)
mov at 0x00100ffd (crossing)
$ stepvisor show tc tests/guests/unread.S --engine bt | sed -n 's/^\* 00100[0f]\([23f][^b].*[^ ]\)  *ffd.*/\1/p'
2a (bad)
2d movaps xmm0, xmm1
30 (bad)
33 ud2
fd mov eax, 1
