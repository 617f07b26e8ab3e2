-- sqlite workload: an in-memory database with indices, joins, text functions, updates, deletes.
-- The harness sets the parameter rows.
CREATE TABLE items(id INTEGER PRIMARY KEY, name TEXT, grp INTEGER, price REAL, note TEXT);
CREATE INDEX items_grp ON items(grp);
CREATE INDEX items_name ON items(name);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < @rows)
INSERT INTO items
SELECT i, 'item ' || ((i * 7919) % 100003), i % 997, (i % 1000) / 10.0,
       substr('abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz', 1 + i % 20, i % 31)
FROM n;
CREATE TABLE groups(grp INTEGER PRIMARY KEY, total REAL, names TEXT);
INSERT INTO groups SELECT grp, sum(price), group_concat(name, ',') FROM items GROUP BY grp;
SELECT count(*), sum(length(names)), round(sum(total), 2) FROM groups;
SELECT count(*), sum(length(a.name || b.note))
FROM items a JOIN items b ON a.grp = b.grp AND b.id = a.id + 997;
UPDATE items SET note = upper(note) || name WHERE id % 3 = 0;
DELETE FROM items WHERE id % 5 = 0;
SELECT count(*), sum(length(note)), min(name), max(name) FROM items;
SELECT name, count(*) AS c FROM items GROUP BY name ORDER BY c DESC, name LIMIT 5;
SELECT sum(length(j)) FROM (SELECT json_object('id', id, 'name', name, 'note', note) AS j FROM items);
