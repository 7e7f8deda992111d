$SV trace samples/popf.S --engine bt --format json --only vif,callout,translate --until 8
