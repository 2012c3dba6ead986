insert into freeze_all (one) values (true) on conflict do nothing;
