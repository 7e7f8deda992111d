# a lesson typed through a pipe: wrong answers, wandering about, hints
$ printf '0\nlesson next\n' | stepvisor lesson popf --plain | sed -n '/step 2 of/,$p' | head -n 12
== On the bare machine (step 2 of 12) ==
The kernel runs at CPL 0, the most privileged level. `print if` shows IF,
`print dword[esp]` the word that popf is about to load.

What will IF be when popf has run?
tick 6 step 6: 0010001d <_start+0x11>  xor ebx, ebx  [kernel, CPL guest 0 real 0]
No: 0x202 has bit 9 set, and at CPL 0 popf loads IF like the arithmetic
flags. There is no monitor here, and nobody to object.

== What the flag is good for (step 3 of 12) ==
Now it is your turn: run the guest to the first instruction of its timer
interrupt's handler. The handler has a name, and `until` takes names.
# the reveal begins where the question was asked, wherever the student has gone
$ printf 'lesson reset\nstep 3\n1\n' | stepvisor lesson popf --plain | grep '^tick\|^Yes' | tail -n 2
tick 6 step 6: 0010001d <_start+0x11>  xor ebx, ebx  [kernel, CPL guest 0 real 0]
Yes. At CPL 0 popf loads IF like the arithmetic flags, and bit 9 of 0x202
$ printf 'lesson reset\nengine bt\nset $eax = 1\n1\n' | stepvisor lesson popf --plain | grep '^tick\|^Yes' | tail -n 2
tick 6 step 6: 0010001d <_start+0x11>  xor ebx, ebx  [kernel, CPL guest 0 real 0]
Yes. At CPL 0 popf loads IF like the arithmetic flags, and bit 9 of 0x202
$ printf 'lesson reset\nset $eflags = 0x202\nbreak *0x100129\n1\n' | stepvisor lesson popf --plain | grep '^tick\|^Yes' | tail -n 2
tick 6 step 6: 0010001d <_start+0x11>  xor ebx, ebx  [kernel, CPL guest 0 real 0]
Yes. At CPL 0 popf loads IF like the arithmetic flags, and bit 9 of 0x202
# nor do the student's own breakpoints stop it
$ (echo lesson reset; printf '1\nuntil timer\nlesson next\n1\n3\n2\nbreak putc\nbreak timer_asks\n'; echo 2) | stepvisor lesson popf --plain | grep '^tick\|^Right' | tail -n 2
tick 21,739 step 26,746: 00100119 <report>  mov esi, 0x101074  [kernel, CPL guest 0 real 1]
Right. The monitor holds the interrupt back, as it must for a guest whose IF
# its title comes first
$ printf 'lesson reset\n' | stepvisor lesson popf --plain | sed -n 1p
popf: the instruction that does not trap
# a question that is asked again when the lesson is taken up counts once
$ stepvisor --batch -ex 'lesson start popf' -ex 'lesson reset' -ex 'lesson next' -ex 'answer 0' | tail -n 2; stepvisor --batch -ex 'lesson start popf' -ex 'answer 1' -ex 'view lesson' | grep -o 'right . of .'
No: 0x202 has bit 9 set, and at CPL 0 popf loads IF like the arithmetic
flags. There is no monitor here, and nobody to object.
right 1 of 1
# another guest has to wait until the lesson is finished; a question until it is answered
$ printf 'lesson reset\nfile samples/hello.S\n' | stepvisor lesson popf --plain | grep ^error
error: the lesson has a guest of its own, and is not finished
$ printf 'lesson next\n' | stepvisor lesson popf --plain | grep ^error
error: the question is not answered yet: answer X (key A)
# a symbol that is nearly right
$ stepvisor --batch -ex 'until timr' samples/popf.S
error: no register, flag or symbol is called 'timr'; did you mean 'timer'?
  timr
  ^
? 1
$ stepvisor --batch -ex 'print eax + eex' samples/popf.S
error: no register, flag or symbol is called 'eex'; did you mean 'eax'?
  eax + eex
        ^
? 1
