$SV trace samples/popf.S --engine vt --only vmexit,vmentry,if --until 12
