-- The workload: about 250 bytes a row as COPY text, with text in several scripts, nulls, json and exact decimals.
-- psql -v rows=1000000 -v table=orders -f orders-postgres.sql
drop table if exists :table;
create table :table (
  id bigint primary key,
  customer_id bigint not null,
  status varchar(16) not null,
  amount numeric(12, 2) not null,
  note varchar(200),
  created_at timestamptz(6) not null,
  updated_at timestamptz(6) not null,
  flag boolean not null,
  payload jsonb,
  discount double precision
);
insert into :table
select n, n * 7919 % 100003, (array['new', 'paid', 'shipped', 'delivered', 'cancelled', 'refunded'])[1 + n % 6],
  n * 31337 % 100000000 / 100.0,
  case when n % 20 <> 0 then
    (array['Straße 12, Zürich – café naïve ☕ ', '订单备注：请尽快发货 🚚 ', 'leave at the front door; "ring twice", thanks ',
           E'line1 tab\there, back\\slash ', 'plain ascii note for the order number '])[1 + n % 5] || left(md5(n::text), 8 + (n % 25)::int) end,
  timestamptz '2024-01-01 00:00:00+00' + n * interval '1.234567 s',
  timestamptz '2024-01-01 00:00:00+00' + n * interval '1.234567 s' + n % 86400 * interval '1 s',
  n % 3 = 0,
  case when n % 50 <> 0 then jsonb_build_object('sku', 'SKU-' || n % 5000, 'qty', 1 + n % 9, 'tags', jsonb_build_array('a' || n % 7, 'ü' || n % 11),
    'w', round(n % 1000 / 10.0, 1), 'ip', '10.' || n % 256 || '.' || n / 256 % 256 || '.7') end,
  case when n % 10 <> 0 then n % 1000 / 7.0::float8 end
from generate_series(1, :rows::bigint) n;
analyze :table;
