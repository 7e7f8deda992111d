$ stepvisor --version
stepvisor 0.1
$ stepvisor --help | head -n 4
Stepvisor: a PC that can be stepped, and the monitors that virtualize it.

usage:
  stepvisor [GUEST] [--engine E]
$ stepvisor --help | grep -oE '^  --?(at|m|ex)'
  --at
  -m
  -ex
$ stepvisor --help-man | grep -E '^\.(TH|SH)'
.TH STEPVISOR 1 "" "stepvisor 0.1"
.SH NAME
.SH SYNOPSIS
.SH VERBS
.SH OPTIONS
.SH COMMANDS OF THE DEBUGGER
.SH KEYS OF THE SCREEN
.SH VIEWS
.SH EXIT STATUS
.SH ENVIRONMENT
$ if command -v groff >/dev/null; then stepvisor --help-man | groff -man -ww -z; fi
$ stepvisor --enigne bt samples/hello.S
stepvisor: no option "--enigne"; did you mean --engine?; see --help
? 2
$ stepvisor --engine
stepvisor: --engine needs a value: E
? 2
$ stepvisor run samples/hello.S --engine qemu
stepvisor: --engine: no engine "qemu"; there are native direct bt vt interp
? 2
$ stepvisor run
stepvisor: run: which guest?  stepvisor run GUEST [--engine E] [--until TIME]
? 2
$ stepvisor run samples/hello.S more
stepvisor: "more": nothing more was expected here; see --help
? 2
$ stepvisor run samples/hello.S --until soon
stepvisor: --until: "soon" is no time; a tick as 1042, or step:2000
? 2
$ stepvisor run -m 1k samples/hello.S
stepvisor: -m: RAM of "1k" is not between 1M and 3G
? 2
$ stepvisor run no-such-file
stepvisor: no-such-file: No such file or directory
? 127
$ stepvisor run tests/cli
stepvisor: tests/cli: Is a directory
? 126
$ stepvisor run /bin/ls
stepvisor: /bin/ls: a 64-bit ELF file; the guest's processor is 32-bit (use gcc -m32)
? 126
$ stepvisor run samples/hello.S --until 10
stepvisor: the guest had not ended at tick 10, step 10
? 124
$ stepvisor run samples/hello.S --until step:7
stepvisor: the guest had not ended at tick 7, step 7
? 124
# a word that is no verb; a time behind the end
$ stepvisor trac samples/hello.S
stepvisor: there is no verb "trac"; did you mean trace?; see --help
? 2
$ stepvisor show who samples/hello.S --at 99999999
stepvisor: history ends before that, at tick 5004, step 5004
running kernel  mode kernel  guest-cpl 0  real-cpl 0
guest-if 0  real-if 0  pending none
$ stepvisor show events samples/popf.S vmexit --engine vt --at 3 | wc -l
3
