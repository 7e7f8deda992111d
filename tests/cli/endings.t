# how guests end, and what came before
$ stepvisor run tests/guests/triple.S
stepvisor: triple fault at tick 0, EIP 00100000 <_start>: #UD, #GP (error code 0x33) while #UD was delivered, #GP (error code 0x6b) while #GP was delivered, #GP (error code 0x43) while #DF was delivered: the guest shut down
the last events (tick, step, EIP, CPL):
         0          0 00100000 0 fault          #UD was raised by ud2
         0          1 00100000 0 nested         #GP (error code 0x33) was raised while #UD was being delivered
         0          1 00100000 0 nested         #GP (error code 0x6b) was raised while #GP was being delivered
         0          1 00100000 0 nested         #GP (error code 0x43) was raised while #DF was being delivered
         0          1 00100000 0 shutdown       triple fault: the processor shut down; it began with #UD
? 3
$ for e in bt vt interp; do stepvisor run tests/guests/triple.S --engine $e; echo $?; done 2>&1 | grep -v '^  '
stepvisor: triple fault at tick 0, EIP 00100000 <_start>: #UD, #GP (error code 0x33) while #UD was delivered, #GP (error code 0x6b) while #GP was delivered, #GP (error code 0x43) while #DF was delivered: the guest shut down
the last events (tick, step, EIP, CPL):
3
stepvisor: triple fault at tick 0, EIP 00100000 <_start>: #UD, #GP (error code 0x33) while #UD was delivered, #GP (error code 0x6b) while #GP was delivered, #GP (error code 0x43) while #DF was delivered: the guest shut down
the last events (tick, step, EIP, CPL):
3
stepvisor: triple fault at tick 0, EIP 00100000 <_start>: #UD, #GP (error code 0x33) while #UD was delivered, #GP (error code 0x6b) while #GP was delivered, #GP (error code 0x43) while #DF was delivered: the guest shut down
the last events (tick, step, EIP, CPL):
3
$ stepvisor run tests/guests/halted.S
stepvisor: the guest halted with interrupts off at tick 2, before EIP 00100002: nothing can wake it
the last events (tick, step, EIP, CPL):
         2          2 00100002 0 hlt            the processor halts until the next interrupt
$ for e in bt vt interp; do stepvisor run tests/guests/halted.S --engine $e; done 2>&1 | grep 'interrupts off'
stepvisor: the guest halted with interrupts off at tick 2, before EIP 00100002: nothing can wake it
stepvisor: the guest halted with interrupts off at tick 2, before EIP 00100002: nothing can wake it
stepvisor: the guest halted with interrupts off at tick 2, before EIP 00100002: nothing can wake it
$ stepvisor run tests/guests/spin.S
stepvisor: the guest loops for ever at EIP 0010000a <spin>: after every 5 instructions memory and processor are as before, and no interrupt can come
? 3
$ stepvisor run tests/guests/faults.S 2>&1 | head -n 4
stepvisor: the guest faults for ever: #UD at EIP 00100036 <bad>, its handler returns after 3 instructions, nothing has changed, and it faults again
the last events (tick, step, EIP, CPL):
   3211211    4281611 00100036 0 fault          #UD was raised by ud2
   3211211    4281612 00100038 0 deliver        vector 0x6 was delivered through the IDT to 0x00100038 (handler), CPL now 0
$ for e in bt vt interp; do stepvisor run tests/guests/faults.S --engine $e 2>&1 | head -n 1; done
stepvisor: the guest faults for ever: #UD at EIP 00100036 <bad>, its handler returns after 3 instructions, nothing has changed, and it faults again
stepvisor: the guest faults for ever: #UD at EIP 00100036 <bad>, its handler returns after 3 instructions, nothing has changed, and it faults again
stepvisor: the guest faults for ever: #UD at EIP 00100036 <bad>, its handler returns after 3 instructions, nothing has changed, and it faults again
# no instruction between two faults: the stack goes around, or it moves and nothing is proven
$ stepvisor run tests/guests/nested.S 2>&1 | head -n 2
stepvisor: the guest faults for ever: #UD at EIP 0010003c <handler>, each delivery meets the next fault, and after 16384 steps without an instruction all is as before
the last events (tick, step, EIP, CPL):
$ sed 's/[$]24/$16/' tests/guests/nested.S > $XDG_STATE_HOME/moves.S; stepvisor run $XDG_STATE_HOME/moves.S --until step:10000000
stepvisor: the guest does nothing but fault: #UD at EIP 0010003c <handler>, 262144 steps without an instruction; its stack moves on until it meets something
stepvisor: the guest had not ended at tick 12, step 10000000
? 124
# what only looks endless goes on: it counts, reads time, polls; or an interrupt may come
$ stepvisor run tests/guests/patient.S
? 7
$ stepvisor run tests/guests/timer.S
? 7
$ stepvisor --batch -ex c tests/guests/timer.S | head -n 1
the guest ended with code 7
# without firmware a reset ends the run, as QEMU's -no-reboot does
$ stepvisor run tests/guests/reset.S
rstepvisor: the guest asked for a reset through port 64h at tick 4, before EIP 00100008 <_start+0x8>; there is no firmware to begin anew with
the last events (tick, step, EIP, CPL):
         3          3 00100006 0 asked          a reset was asked for through port 0x64, and there is no firmware to begin with
$ for e in bt vt interp; do stepvisor run tests/guests/reset.S --engine $e 2>&1 | head -n 1; done
rstepvisor: the guest asked for a reset through port 64h at tick 4, before EIP 00100008 <_start+0x8>; there is no firmware to begin anew with
rstepvisor: the guest asked for a reset through port 64h at tick 4, before EIP 00100008 <_start+0x8>; there is no firmware to begin anew with
rstepvisor: the guest asked for a reset through port 64h at tick 4, before EIP 00100008 <_start+0x8>; there is no firmware to begin anew with
$ sed 's/out %al, $0x64/mov $0xcf9, %edx; mov $6, %al; out %al, %dx/' tests/guests/reset.S > $XDG_STATE_HOME/cf9.S; stepvisor run $XDG_STATE_HOME/cf9.S 2>&1 | head -n 1 | cut -d , -f 1
rstepvisor: the guest asked for a reset through port cf9h at tick 6
$ sed 's/out %al, $0x64/mov $1, %al; out %al, $0x92/' tests/guests/reset.S > $XDG_STATE_HOME/p92.S; stepvisor run $XDG_STATE_HOME/p92.S 2>&1 | head -n 1 | cut -d , -f 1
rstepvisor: the guest asked for a reset through port 92h at tick 5
$ stepvisor diverge tests/guests/reset.S --engines native,bt,vt,interp
native,bt,vt,interp: no difference in 4 ticks; asked for a reset at tick 4
# so does an INIT that the guest's local APIC sends to itself
$ for e in native bt vt interp; do stepvisor run tests/guests/init.S --engine $e 2>&1 | head -n 1; done
istepvisor: the guest sent itself an INIT by its local APIC at tick 4, before EIP 0010000e <_start+0xe>; there is no firmware to begin anew with
istepvisor: the guest sent itself an INIT by its local APIC at tick 4, before EIP 0010000e <_start+0xe>; there is no firmware to begin anew with
istepvisor: the guest sent itself an INIT by its local APIC at tick 4, before EIP 0010000e <_start+0xe>; there is no firmware to begin anew with
istepvisor: the guest sent itself an INIT by its local APIC at tick 4, before EIP 0010000e <_start+0xe>; there is no firmware to begin anew with
$ stepvisor trace tests/guests/init.S --only init,asked
      tick       step EIP      CPL
         4          4 0010000e 0 init           the local APIC delivered INIT to the processor
# halted for good is no end with a code
$ stepvisor trace tests/guests/halted.S --only idle,exit
      tick       step EIP      CPL
         2          2 00100002 0 idle           the processor halted and nothing will ever wake it
# the debugger says the same
$ stepvisor --batch -ex c tests/guests/reset.S | head -n 1
the guest asked for a reset through port 64h at tick 4, before EIP 00100008 <_start+0x8>; there is no firmware to begin anew with
$ for g in triple halted spin faults; do stepvisor --batch -ex c tests/guests/$g.S | head -n 1; done
triple fault at tick 0, EIP 00100000 <_start>: #UD, #GP (error code 0x33) while #UD was delivered, #GP (error code 0x6b) while #GP was delivered, #GP (error code 0x43) while #DF was delivered: the guest shut down
the guest halted with interrupts off at tick 2, before EIP 00100002: nothing can wake it
the guest loops for ever at EIP 0010000a <spin>: after every 5 instructions memory and processor are as before, and no interrupt can come
the guest faults for ever: #UD at EIP 00100036 <bad>, its handler returns after 3 instructions, nothing has changed, and it faults again
# an instruction of a later processor: which it was
$ for e in native direct bt vt interp; do sed 's/ud2/movaps %xmm1, %xmm0/' tests/guests/triple.S > $XDG_STATE_HOME/sse.S; stepvisor run $XDG_STATE_HOME/sse.S --engine $e; done 2>&1 | grep -o 'shut down; #.*'
shut down; #UD was raised by 0f 28 c1 (movaps xmm0, xmm1), which this processor does not have
shut down; #UD was raised by 0f 28 c1 (movaps xmm0, xmm1), which this processor does not have
shut down; #UD was raised by 0f 28 c1 (movaps xmm0, xmm1), which this processor does not have
shut down; #UD was raised by 0f 28 c1 (movaps xmm0, xmm1), which this processor does not have
shut down; #UD was raised by 0f 28 c1 (movaps xmm0, xmm1), which this processor does not have
$ for i in '.byte 0x0f, 0x36' '.byte 0xf0, 0x90' ud2; do sed "s/ud2/$i/" tests/guests/triple.S > $XDG_STATE_HOME/none.S; stepvisor run $XDG_STATE_HOME/none.S; done 2>&1 | grep -o 'shut down$\|shut down; #.*'
shut down; #UD was raised by 0f 36, which this processor does not have
shut down; #UD was raised by f0 90, to which LOCK does not belong
shut down
$ sed 's/ud2/paddd %mm1, %mm0/' tests/guests/faults.S > $XDG_STATE_HOME/mmx.S; stepvisor run $XDG_STATE_HOME/mmx.S 2>&1 | head -n 1
stepvisor: the guest faults for ever: #UD at EIP 00100036 <bad>, its handler returns after 3 instructions, nothing has changed, and it faults again; #UD was raised by 0f fe c1 (paddd mm0, mm1), which this processor does not have
$ stepvisor $XDG_STATE_HOME/mmx.S --batch -ex next-event -ex 'info what' | grep -o 'UD was raised by .*'
UD was raised by 0f fe c1 (paddd mm0, mm1), which this processor does not have
# the trace and the last events name it, too, under every engine
$ sed 's/ud2/movaps %xmm1, %xmm0/' tests/guests/triple.S > $XDG_STATE_HOME/sse.S; for e in native direct bt vt interp; do stepvisor run $XDG_STATE_HOME/sse.S --engine $e; done 2>&1 | grep -o '[a-z-]*undef.*'
undefined      #UD was raised by 0f 28 c1 (movaps xmm0, xmm1), which this processor does not have
undefined      #UD was raised by 0f 28 c1 (movaps xmm0, xmm1), which this processor does not have
guest-undef    #UD was raised by 0f 28 c1 (movaps xmm0, xmm1), which this processor does not have
guest-undef    #UD was raised by 0f 28 c1 (movaps xmm0, xmm1), which this processor does not have
guest-undef    #UD was raised by 0f 28 c1 (movaps xmm0, xmm1), which this processor does not have
$ stepvisor trace $XDG_STATE_HOME/sse.S --only fault,undefined --format json 2>&1 | grep '"layer"' | cut -d , -f 1-4,8-
{"step":0,"tick":0,"kind":"undefined","layer":"hw","args":["0f 28"],"text":"0f 28 is no instruction of this processor","section":"SDM 2 appendix A"}
{"step":0,"tick":0,"kind":"fault","layer":"hw","args":[6,0,"0x00000000",null],"text":"#UD was raised","section":"SDM 3A 6.15"}
# an instruction that faults is named, also inside of a block
$ for e in native direct; do stepvisor trace samples/rings.S --only fault --engine $e | sed -n 2p; done
      8414       8414 0010010d 3 fault          #GP (error code 0x0) was raised by cli
         0          0 0010000c 1 fault          #PF (error code 0x0) was raised at address 0x0010000c (_start)
