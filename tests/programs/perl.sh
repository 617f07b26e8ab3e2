#!/usr/bin/env bash
# perl on Moonheap: hashes, strings, sorting, regular expressions, closures, fork.
# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need perl
is_full && rounds=40 || rounds=3

script() {
	PERL_HASH_SEED=0 perl - "$rounds" <<'PERL'
use strict; use warnings;
my ($state, $rounds) = (12345, shift);
sub draw { $state = ($state * 1103515245 + 12345) % 2147483648; int($state / 65536) % shift }
for my $round (1 .. $rounds) {
	my (%h, @lists);
	for (1 .. 20000) {
		my $word = join '', map { chr(97 + draw(26)) } 1 .. 1 + draw(20);
		$h{$word} .= "$round," . ('x' x draw(100));
		push @{ $lists[draw(50)] }, $word;
		delete $h{ $lists[draw(50)][0] // '' } if draw(4) == 0;
	}
	my $text = join ' ', sort map { "$_=" . length $h{$_} } keys %h;
	(my $swapped = $text) =~ s/([a-z]+)=(\d+)/$2:$1/g;
	my %by_length; $by_length{ length $1 }++ while $swapped =~ /:([a-z]+)/g;
	my @closures = map { my $n = $_; sub { $n * shift } } 1 .. 2000;
	my $sum = 0; $sum += $_->(3) for @closures;
	print "$round ", length $swapped, " ", unpack('%32C*', $swapped), " $sum ",
		join(',', map { "$_=$by_length{$_}" } sort { $a <=> $b } keys %by_length), "\n";
}
$| = 1;
for my $child (1 .. 4) {
	my $pid = fork // die "fork: $!";
	if (!$pid) { my @work = map { 'y' x $_ } 1 .. 3000; exit(@work == 3000 ? $child : 99) }
	waitpid $pid, 0;
	print "child $child ", $? >> 8, "\n";
}
PERL
}
served_by_moonheap perl -e 1
same "$rounds rounds" script
