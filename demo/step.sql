-- One step of the demo's generator: a new to-do; at times one is completed, and a completed one deleted.
insert into todo_items (description, creation_date, due_date, completed)
select verb || ' ' || thing, localtimestamp(0),
       case when random() < 0.7 then localtimestamp(0) + random() * interval '14 days' end, false
from unnest(array['Buy', 'Find', 'Fix', 'Paint', 'Return', 'Sell']) verb,
     unnest(array['a ladder', 'the bicycle', 'some café tables', 'the "good" chair', 'three lamps', 'the piano']) thing
order by random() limit 1;

update todo_items set completed = true
where random() < 0.4 and item_id = (select item_id from todo_items where not completed order by random() limit 1);

delete from todo_items
where random() < 0.2 and item_id = (select item_id from todo_items where completed order by random() limit 1);
