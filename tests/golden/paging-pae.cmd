$SV samples/pae.S --engine bt --batch -ex continue -ex 'info paging 0x400000' -ex 'info paging 0x600000' | sed -n '/^the result/,$p'
