# run, trace, diverge, show
$ stepvisor run samples/hello.S
Hello, world.
$ stepvisor run samples/hello.S -accel bt
Hello, world.
$ stepvisor diverge samples/popf.S --engines native
error: at least two engines are needed, as native,bt
? 2
$ stepvisor diverge samples/popf.S --engines native,btt
error: no engine "btt"; there are native direct bt vt interp
  native,btt
         ^
? 2
$ stepvisor diverge samples/isprime.S --engines native,bt,vt,interp
native,bt,vt,interp: no difference in 5,910 ticks; exited with code 0 at tick 5910
$ stepvisor diverge samples/popf.S --engines native,direct >/dev/null
? 1
$ stepvisor trace samples/popf.S --engine direct --only silent
      tick       step EIP      CPL
         6         12 0010001d 1 silent         popf at CPL 1 does not load IF and IOPL: they stay as in 0x00000202 [IF], without a trap
     23826      29507 00100076 1 silent         popf at CPL 1 does not load IF and IOPL: they stay as in 0x00000246 [PF ZF IF], without a trap
     58112      73384 001000a2 1 silent         popf at CPL 1 does not load IF and IOPL: they stay as in 0x00000202 [IF], without a trap
$ stepvisor trace samples/popf.S --only nothing
stepvisor: --only: no event or layer "nothing"; layers: hw vmm bt vt
? 2
$ stepvisor trace samples/hello.S --engine vt --format json --until 30 | head -n 1
{"schema":"stepvisor-trace","version":1,"guest":"hello.S","engine":"vt"}
$ for i in 1 2; do stepvisor trace samples/popf.S --engine bt --format json --until 3000 | cksum; done | uniq | wc -l
1
$ stepvisor show nothing samples/popf.S
...
? 2
$ stepvisor show code samples/popf.S nowhere
error: no register, flag or symbol is called 'nowhere'
  nowhere
  ^
? 2
$ stepvisor show who samples/popf.S --engine bt --at 6
running translated  mode kernel  guest-cpl 0  real-cpl 1
guest-if 1  real-if 1  pending none
$ stepvisor show who samples/popf.S --engine bt --at 6 --json | sed 's/"step":[0-9]*,//'
{"schema":"stepvisor-view","version":1,"guest":"popf.S","engine":"bt","view":"who","tick":6,"who":{"running":"translated","mode":"kernel","guest-cpl":0,"real-cpl":1,"guest-if":true,"real-if":true,"pending":"none"}}
$ for v in code cpu who what events event tc paging vmcs descriptors devices console ledger timeline lesson exits tlb; do for e in native direct bt vt; do stepvisor show $v samples/popf.S --engine $e --at 5000 >/dev/null && stepvisor show $v samples/popf.S --engine $e --at 5000 --json | jq -e . >/dev/null || echo "$v $e"; done; done
# the accounts add up to the total, in every engine
$ for e in native direct bt vt; do stepvisor show ledger samples/popf.S --engine $e --json | jq '([.accounts[:-1][].cycles] | add) == .accounts[-1].cycles and .accounts[-1].cycles == .all.cycles'; done | uniq
true
# ten words an instruction: the first is at the entry, EFLAGS as the loader leaves them
$ stepvisor run samples/popf.S --log-registers /dev/stdout --until 2 2>/dev/null | od -A n -t x4 -w40 | cut -d ' ' -f 10,11
0010000c 00000002
00100011 00000002
$ stepvisor run samples/popf.S --log-registers no/such/folder
stepvisor: no/such/folder: No such file or directory
? 126
# what is typed is typed under every engine, at the same tick
$ printf a > $XDG_STATE_HOME/in; printf x > $XDG_STATE_HOME/keys; stepvisor diverge tests/guests/echo.S --input $XDG_STATE_HOME/in --keys $XDG_STATE_HOME/keys --keys-at 5000 --every 1000 --engines native,bt,vt,interp | sed 's/in [0-9,]* ticks/in N ticks/; s/tick [0-9]*$/tick N/'
native,bt,vt,interp: no difference in N ticks; exited with code 59 at tick N
# before --input-at nothing is there
$ printf a > $XDG_STATE_HOME/in; for at in 0 7000; do stepvisor trace tests/guests/echo.S --input $XDG_STATE_HOME/in --input-at $at --only in --until 8000 2>/dev/null | grep 'port 0x3f8'; done
         9          9 00100017 0 in             in port 0x3f8 size 1 read 0x61
      7005       7005 00100017 0 in             in port 0x3f8 size 1 read 0x61
$ stepvisor run tests/guests/echo.S --input-at soon
stepvisor: --input-at: "soon" is no number that fits
? 2
# a text comes byte after byte, at 9600 baud: a guest without a FIFO loses nothing
$ echo a whole line of text > $XDG_STATE_HOME/in; stepvisor run tests/guests/typed.S --input $XDG_STATE_HOME/in
a whole line of text
$ stepvisor tests/guests/typed.S --batch -ex 'type "typed, "' -ex 'type "then more\n"' -ex c -ex 'info console' 2>&1 | grep -v '^ *$'
7 bytes typed on the serial line
10 bytes typed on the serial line
the guest ended with code 0
tick 80,550 step 80,550: 00100024  add byte [eax], al  [kernel, CPL guest 0 real 0]
typed, then more
bytes 17
$ stepvisor diverge tests/guests/echo.S --every 1000 --until 3000
native,bt,vt: no difference in 3,000 ticks; did not end at tick 3000
$ stepvisor tests/guests/echo.S --batch -ex 'type "a"' -ex 'keys "x"' -ex 'diverge every 1000' | sed 's/in [0-9,]* ticks/in N ticks/; s/tick [0-9]*$/tick N/'
1 byte typed on the serial line
1 key typed
native,bt,vt: no difference in N ticks; exited with code 59 at tick N
# stale TLB entries, which engines keep for different times, are no difference, in short and in long intervals
# (one entry, as in tests/torture/tlb, keeps none: its folder lists that)
$ stepvisor run tests/guests/stale.S --engine bt
? 2
$ [ -n "$LISTED" ] || { stepvisor run tests/guests/stale.S; [ $? -eq 1 ]; }
$ for n in 1 10000; do stepvisor diverge tests/guests/stale.S --engines native,bt,vt,interp --every $n; done
native,bt,vt,interp: no difference in 20,017 ticks; exited with code 2 at tick 20017
native,bt,vt,interp: no difference in 20,017 ticks; exited with code 2 at tick 20017
$ stepvisor diverge tests/guests/echo.S --input nothere
error: nothere: No such file or directory
? 127
# a file to type that is not there is a file that is not there, one that cannot be read cannot be loaded
$ for v in run trace 'show cpu' '--batch -ex c'; do stepvisor $v tests/guests/echo.S --input nothere; echo $?; done
stepvisor: nothere: No such file or directory
127
stepvisor: nothere: No such file or directory
127
stepvisor: nothere: No such file or directory
127
error: nothere: No such file or directory
127
$ stepvisor run tests/guests/echo.S --keys nothere
stepvisor: nothere: No such file or directory
? 127
$ stepvisor run tests/guests/echo.S --input tests
stepvisor: tests: Is a directory
? 126
# an interrupt ends it
$ timeout -k 20 -s INT 2 stepvisor tests/guests/spin.S --batch -ex diverge > $XDG_STATE_HOME/out; cut -d ';' -f 1 $XDG_STATE_HOME/out | sed 's/in [0-9,]* ticks/in N ticks/'
native,bt,vt: no difference in N ticks
# names of events stand in one column, the longest among them
$ stepvisor trace tests/guests/triple.S --engine bt --only hlt,shutdown,guest-shutdown 2>&1 | grep -v '^stepvisor' | cut -c 1-51
      tick       step EIP      CPL
         0          2 ffc007e0 0 guest-shutdown the
         0          2 ffc007e0 0 shutdown       tri
