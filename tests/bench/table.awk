# table.awk - from lines "load peer seconds checksum" to the table of run.sh; exit 1 when checksums
# differ.  Variables: loads, compute, system_loads.
function median(load, peer,    n, i, k, t, v)
{
    n = count[load, peer]
    for (i = 1; i <= n; i++)
        v[i] = seconds[load, peer, i]
    for (i = 2; i <= n; i++)
        for (k = i; k > 1 && v[k] < v[k - 1]; k--) {
            t = v[k]; v[k] = v[k - 1]; v[k - 1] = t
        }
    return n ? v[int((n + 1) / 2)] : 0
}
function mips(load, peer,    s)
{
    s = median(load, peer)
    return s > 0 ? instructions[load] / s / 1e6 : 0
}
# significant digits, whatever the size
function figure(x) { return x == 0 ? "-" : sprintf(x < 10 ? "%.2f" : x < 100 ? "%.1f" : "%.0f", x) }
function over(a, b) { return a && b ? sprintf("%.2fx", a / b) : "-" }
function row(name, own, bochs, qemu, end)
{
    printf "%-14s %10s %8s %8s %14s %8s  %s\n", name, figure(own), figure(bochs), over(own, bochs),
           figure(qemu), over(own, qemu), end
}
# the geometric mean over those loads that peer ran; 0: not all of them
function mean(names, peer,    n, i, name, x, sum)
{
    n = split(names, name, " ")
    for (i = 1; i <= n; i++) {
        x = mips(name[i], peer)
        if (x == 0)
            return 0
        sum += log(x)
    }
    return exp(sum / n)
}
function means(label, names)
{
    if (mean(names, "stepvisor"))
        row(label, mean(names, "stepvisor"), mean(names, "bochs"), mean(names, "qemu"), "")
}
$2 == "count" { instructions[$1] = $3; next }
{
    seconds[$1, $2, ++count[$1, $2]] = $3
    if (!($1 in checksum))
        checksum[$1] = $4
    if (checksum[$1] != $4) {
        differs[$1] = differs[$1] " " $2 ":" $4
        wrong = 1
    }
}
END {
    printf "%-14s %10s %8s %8s %14s %8s  %s\n", "guest MIPS", "Stepvisor", "Bochs", "ratio",
           "QEMU -icount", "ratio", "checksum"
    n = split(loads, load, " ")
    for (i = 1; i <= n; i++)
        row(load[i], mips(load[i], "stepvisor"), mips(load[i], "bochs"), mips(load[i], "qemu"),
            checksum[load[i]] (load[i] in differs ? " DIFFERS FROM" differs[load[i]] : ""))
    means("compute (5)", compute)
    means("system (7)", system_loads)
    exit wrong
}
