CREATE TABLE "library_words" (
	"band_id" uuid NOT NULL,
	"word" text collate "C" NOT NULL,
	CONSTRAINT "library_words_pkey" PRIMARY KEY("band_id","word")
);
--> statement-breakpoint
ALTER TABLE "track_folders" ADD COLUMN "search_text" text GENERATED ALWAYS AS (' ' || library_fold(name)) STORED NOT NULL;--> statement-breakpoint
ALTER TABLE "library_words" ADD CONSTRAINT "library_words_band_id_bands_id_fk" FOREIGN KEY ("band_id") REFERENCES "public"."bands"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "library_words_search_index" ON "library_words" USING gin ("band_id","word" gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "track_folders_search_index" ON "track_folders" USING gin ("band_id","search_text" gin_trgm_ops);--> statement-breakpoint
-- Numbers and what stands for signs are no words, and in a shorter one another letter is another word.
create function library_words_of(given text) returns setof text
language sql immutable strict parallel safe as $$
  select word from string_to_table(ltrim(given), ' ') as word
  where length(word) between 4 and 40 and word !~ '[[:digit:][:punct:]]'
$$;
--> statement-breakpoint
create type library_text as (band_id uuid, text text, album_artist text, genre text);
--> statement-breakpoint
-- In the order of the index, so that two transactions never wait for each other.
create function library_note_words(texts library_text[]) returns void language sql as $$
  insert into library_words (band_id, word)
  select distinct s.band_id, w.word collate "C" from (
    select t.band_id, t.text from unnest(texts) as t
    union all
    select d.band_id, library_fold(d.names) from (
      select distinct t.band_id, concat_ws(' ', t.album_artist, t.genre) as names from unnest(texts) as t
    ) as d
  ) as s join bands as b on b.id = s.band_id cross join library_words_of(s.text) as w(word) order by 1, 2
  on conflict do nothing
$$;
--> statement-breakpoint
create function library_words_inserted() returns trigger language plpgsql as $$
begin
  perform library_note_words((
    select array_agg(row(n.band_id, n.search_text, n.album_artist, n.genre)::library_text) from new_tracks as n
  ));
  return null;
end $$;
--> statement-breakpoint
create function library_words_updated() returns trigger language plpgsql as $$
begin
  perform library_note_words((
    select array_agg(row(n.band_id, n.search_text, n.album_artist, n.genre)::library_text)
    from new_tracks as n join old_tracks as o using (id)
    where (n.search_text, n.album_artist, n.genre) is distinct from (o.search_text, o.album_artist, o.genre)
  ));
  return null;
end $$;
--> statement-breakpoint
-- A band's words that are like the one given, the likest first, also where they only begin so.
create function library_near_words(band uuid, given text, turned text[], masked text[]) returns setof text
language sql stable set pg_trgm.word_similarity_threshold = 0.3 as $$
  select near.word from (
    select w.word from library_words as w where w.band_id = band and w.word %> given
    union
    select w.word from library_words as w where w.band_id = band and w.word = any(turned)
    union
    select w.word from unnest(masked) as m(pattern) cross join lateral (
      select each.word from library_words as each where each.band_id = band and each.word like m.pattern limit 20
    ) as w
  ) as near
  order by word_similarity(given, near.word) desc, length(near.word), near.word limit 60
$$;
--> statement-breakpoint
select library_note_words((
  select array_agg(row(t.band_id, t.search_text, t.album_artist, t.genre)::library_text)
  from tracks as t where t.band_id = b.id
)) from bands as b;
--> statement-breakpoint
create trigger tracks_words_inserted after insert on tracks
referencing new table as new_tracks for each statement execute function library_words_inserted();
--> statement-breakpoint
create trigger tracks_words_updated after update on tracks
referencing old table as old_tracks new table as new_tracks
for each statement execute function library_words_updated();
