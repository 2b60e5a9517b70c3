-- The workload's table in MariaDB; test/perf/workload.ts fills it from PostgreSQL's, times in UTC.
drop table if exists orders;
create table orders (
  id bigint not null primary key,
  customer_id bigint not null,
  status varchar(16) not null,
  amount decimal(12, 2) not null,
  note varchar(200),
  created_at datetime(6) not null,
  updated_at datetime(6) not null,
  flag tinyint(1) not null,
  payload json,
  discount double
) default charset = utf8mb4;
