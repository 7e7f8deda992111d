$SV diverge samples/popf.S --engines native,direct
