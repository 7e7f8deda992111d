# tablestore.S - a page becomes a page table while an old translation of it may still be in use: what is stored
# through that one counts like any other store.  SDM 3A 4.10.2.3, 4.10.4.1.
    .include "system.inc"
    .include "paging.inc"
    .set TABLE, 0x200000            # physical; nobody else uses it, or its address
    .set OLD, PLAY + 0x16000        # where it is mapped first; no address here meets another in a small TLB
    .set old_pte, play_pte + 4 * 0x16
    .set THROUGH, 0x823000          # what its entry 23h maps later
    begin
    paging_on
    call renew
    movl $TABLE + 7, old_pte
    movl $play_page + 7, OLD + 4 * 0x23
    on_event map_again

    rule "a page table is stored to through what is not mapped any more"
    movl $0, old_pte
    movl $TABLE + 7, directory + 8
    mov THROUGH, %esi
    movl $play_page + 4096 + 7, OLD + 4 * 0x23
    invlpg THROUGH
    mov THROUGH, %edi
    show %esi
    show %edi                       # 2222: what is in the table, whether the store faulted or not
    on_event
    passed
    done

map_again:                          # no old translation: the store may fault as well
    movl $TABLE + 7, old_pte
    jmp go_on

    renewal
