# perl workload: hashes of arrays, splitting, joining, sorting, regular expressions.
# Usage: words.pl LINES
use strict;
use warnings;

my $lines = shift;
my ($state, $sum) = (12345, 0);

sub number {
    $state = ($state * 1103515245 + 12345) & 0x7fffffff;
    return ($state >> 8) % shift;
}

my (%index, %first, @recent);
for my $line (1 .. $lines) {
    my $text = join ' ', map { 'word' . number(4000) . ('x' x number(40)) } 1 .. 12;
    my %count;
    for my $word (split / /, $text) {
        (my $stem = $word) =~ s/x+$//;
        $count{$stem}++;
        push @{$index{$stem}}, $line;
        splice @{$index{$stem}}, 0, 20 if @{$index{$stem}} > 40;
    }
    push @recent, {line => $line, text => $text, count => \%count};
    shift @recent if @recent > 3000;
    $sum = ($sum * 31 + length(join ',', sort keys %count)) % 2147483647;
}
$first{substr $_, 0, 6} .= $_ for sort keys %index;
$sum += length $first{$_} for keys %first;
$sum += @{$index{$_}} for keys %index;
printf "sum %016x\n", $sum;
