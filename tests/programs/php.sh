#!/usr/bin/env bash
# php on Moonheap: it opens its extensions with RTLD_DEEPBIND, which separates them from a preloaded
# malloc unless that one sees to it. Extensions that allocate with the C library, and objects that
# travel between them and php itself; php's own heap is off, so that every value is a malloc().
# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need php
is_full && rounds=30 || rounds=2
export USE_ZEND_ALLOC=0

cat >extensions.php <<'PHP'
<?php
foreach (get_loaded_extensions() as $name) $sorted[] = $name;
sort($sorted);
echo implode(' ', $sorted), "\n";
for ($round = 0; $round < (int)$argv[1]; $round++) {
	$words = [];
	for ($i = 0; $i < 5000; $i++) $words[] = str_repeat(chr(97 + $i % 26), $i % 200) . $i;
	$text = implode(',', $words);
	echo $round, ' ', md5(iconv('UTF-8', 'UTF-16LE', $text)), ' ';
	echo md5(json_encode(array_count_values(array_map('strlen', $words)))), ' ';
	echo count(preg_split('/[aeiou]+/', $text)), ' ';
	echo md5(gzuncompress(gzcompress($text, 9))), ' ';
	if (extension_loaded('sodium')) echo bin2hex(sodium_crypto_generichash($text)), ' ';
	if (extension_loaded('posix')) echo posix_getpwuid(0)['dir'], ' ';
	if (extension_loaded('sockets')) {
		socket_create_pair(AF_UNIX, SOCK_STREAM, 0, $pair);
		socket_write($pair[0], substr($text, 0, 1000));
		echo md5(socket_read($pair[1], 1000)), ' ';
	}
	if (extension_loaded('Phar')) {
		$archive = new PharData("round$round.tar");
		foreach (array_slice($words, 0, 50) as $n => $word) $archive["$n.txt"] = $word;
		echo count($archive), ' ', md5($archive['7.txt']->getContent()), ' ';
		unset($archive);
	}
	if (extension_loaded('pcntl')) {
		if (($pid = pcntl_fork()) == 0) exit(count($words) % 256 == 136 ? 3 : 4);
		pcntl_waitpid($pid, $status);
		echo pcntl_wexitstatus($status);
	}
	echo "\n";
	foreach (glob('round*.tar') as $file) unlink($file);
}
PHP
# The statistics by FFI, from inside: php's values are this library's objects.
ask() {
	# shellcheck disable=SC2016 # the variables are PHP's
	on_moonheap php -d ffi.enable=1 -r '
		$c = FFI::cdef("int mallctl(const char *, void *, size_t *, void *, size_t);");
		$value = $c->new("size_t"); $size = $c->new("size_t"); $size->cdata = 8;
		$many = []; for ($i = 0; $i < 10000; $i++) $many[] = str_repeat("x", 100 + $i % 7);
		exit($c->mallctl("stats.allocated", FFI::addr($value), FFI::addr($size), null, 0) != 0
			|| $value->cdata < 1000000 ? 1 : 0);'
}

served_by_moonheap php -r '1;'
if php -m | grep -qx FFI; then
	step "statistics by FFI"
	ask || die "the statistics do not see php's objects"
fi
same "$rounds rounds over the extensions" php extensions.php "$rounds"
