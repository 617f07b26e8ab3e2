#!/usr/bin/env bash
# sqlite3 on Moonheap: tables, indices, joins, text and blobs, a vacuum; the same checksums.
# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need sqlite3
is_full && rows=400000 || rows=30000

script() {
	rm -f db
	sqlite3 -batch -bail db <<SQL
create table item(id integer primary key, name text, size integer, body blob);
with recursive n(i) as (select 1 union all select i + 1 from n where i < $rows)
insert into item select i, printf('name-%08x', i * 2654435761 % 4294967296), i * 7919 % 10007,
	zeroblob(i * 31 % 300) from n;
create index by_size on item(size, name);
create table tally as select size % 97 as bucket, count(*) as n, group_concat(name, ',') as names
	from item group by bucket order by bucket;
delete from item where id % 3 = 0;
update item set name = upper(name) || id where id % 5 = 0;
select count(*), sum(size), sum(length(body)), max(name), min(name) from item;
select bucket, n, length(names) from tally order by n desc, bucket limit 20;
select a.size, count(*) from item a join item b on a.size = b.size and a.id < b.id
	where a.size < 40 group by a.size order by 1;
select name from item order by substr(name, 9), id limit 50;
vacuum;
pragma integrity_check;
SQL
	sqlite3 db .dump | sha256sum
}
served_by_moonheap sqlite3 -version
same "$rows rows" script
