-- The table of the demo. REPLICA IDENTITY FULL: updates and deletes carry the whole old row.
create table todo_items (
  item_id       integer generated always as identity primary key,
  description   text not null,
  creation_date timestamp not null,
  due_date      timestamp,
  completed     boolean not null
);
alter table todo_items replica identity full;
