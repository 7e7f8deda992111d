$SV diverge samples/pushf.S --engines native,direct
