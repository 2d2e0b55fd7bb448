# Mounts a folder with numbers of its own (mount_setattr(2), MOUNT_ATTR_IDMAP), as Proxmox does in mountpoint_hotplug.
use strict;
use warnings;

my ($source, $target, @map) = @ARGV;
my %call = (unshare => 272, open_tree => 428, move_mount => 429, mount_setattr => 442);
my ($new_user, $here, $empty_path, $clone, $cloexec, $idmap) = (0x10000000, -100, 0x1000, 1, 0x80000, 0x100000);
my $none = "";

# A user namespace with this map, as long as its process lives.
pipe(my $ready, my $is_ready) && pipe(my $over, my $is_over) or die "pipe: $!\n";
my $pid = fork() // die "fork: $!\n";
if (!$pid) {
    syscall($call{unshare}, $new_user) == 0 or die "unshare: $!\n";
    close $is_over;
    syswrite $is_ready, "1";
    sysread $over, my $byte, 1;
    exit 0;
}
sysread($ready, my $byte, 1) == 1 or die "there is no user namespace\n";
for my $kind ("g", "u") {
    my $lines = join "", map { my ($of, @numbers) = split /:/; $of eq $kind ? "@numbers\n" : () } @map;
    next if $lines eq "";
    open my $file, ">", "/proc/$pid/${kind}id_map" or die "${kind}id_map: $!\n";
    defined syswrite $file, $lines or die "${kind}id_map: $!\n";
}
open my $namespace, "<", "/proc/$pid/ns/user" or die "ns/user: $!\n";

my $tree = syscall($call{open_tree}, $here, $source, $clone | $cloexec);
$tree >= 0 or die "open_tree: $!\n";
my $wanted = pack "Q4", $idmap, 0, 0, fileno $namespace;
syscall($call{mount_setattr}, $tree, $none, $empty_path, $wanted, length $wanted) == 0 or die "mount_setattr: $!\n";
syscall($call{move_mount}, $tree, $none, $here, $target, 4) == 0 or die "move_mount: $!\n";
