-- What a text is compared by: lower case, accents off, compatibility forms as letters, as `fold` in
-- `library/search.ts` has it.
create function library_fold(given text) returns text
language sql immutable strict parallel safe
return translate(
  replace(replace(replace(replace(
    lower(regexp_replace(normalize(given, nfkd), '[\u0300-\u036f]', '', 'g')),
    'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'),
  'ØøĐđÐðŁłı', 'ooddddlli');
--> statement-breakpoint
-- Numbers sort by their value, an English article does not count, and what has no name comes last.
create function library_sort_key(given text) returns text
language sql immutable parallel safe
return coalesce((
  select string_agg(
    case when part[1] ~ '^[0-9]' then
      lpad(length(regexp_replace(part[1], '^0+(?=[0-9])', ''))::text, 3, '0')
        || regexp_replace(part[1], '^0+(?=[0-9])', '')
    else part[1] end, '' order by place)
  from regexp_matches(
    regexp_replace(library_fold(trim(left(given, 120))), '^(the|an|a) +(?=.)', ''),
    '[0-9]+|[^0-9]+', 'g'
  ) with ordinality as parts(part, place)
), chr(1114111));
--> statement-breakpoint
-- A UUID (version 8, of our own making) of what it stands for.
create function library_id(owner uuid, kind text, name text) returns uuid
language sql immutable strict parallel safe
return overlay(overlay(
  md5(owner::text || chr(1) || kind || chr(1) || name) placing '8' from 13) placing '8' from 17)::uuid;
--> statement-breakpoint
create function library_is_various(name text) returns boolean
language sql immutable parallel safe
return coalesce(library_fold(trim(name)) in ('various artists', 'various', 'va', 'v.a.'), false);
--> statement-breakpoint
-- One album: one title of one album artist, wherever it lies; where no tag says whose it is, one title
-- in one folder, of which folders such as 'CD 2' are a part.
create function library_album_id(band_id uuid, connection_id uuid, path text, album text, album_artist text)
returns uuid language sql immutable parallel safe
return library_id(band_id, 'album', library_fold(trim(album)) || chr(1) || coalesce(
  'by ' || library_fold(trim(album_artist)),
  'in ' || connection_id::text || ' ' || regexp_replace(
    regexp_replace(path, '/?[^/]*$', ''), '(^|/)(cd|disc|disk|side)[ _-]*[0-9]{1,2}$', '', 'i')));
--> statement-breakpoint
create function library_artists(artists text[], artist text, album_artist text) returns text[]
language sql immutable parallel safe
return case when library_is_various(album_artist) or album_artist is null then '{}' else array[album_artist] end
  || case when cardinality(artists) > 0 then artists when artist is null then '{}' else array[artist] end;
--> statement-breakpoint
create function library_genres(genres text[], genre text) returns text[]
language sql immutable parallel safe
return case when cardinality(genres) > 0 then genres else coalesce(string_to_array(genre, ', '), '{}') end;
--> statement-breakpoint
create function library_ids(band_id uuid, kind text, names text[]) returns uuid[]
language sql immutable parallel safe
return coalesce((
  select array_agg(distinct library_id(band_id, kind, library_fold(trim(name))))
  from unnest(names) as name where trim(name) <> ''
), '{}');
--> statement-breakpoint
CREATE TABLE "albums" (
	"id" uuid PRIMARY KEY NOT NULL,
	"band_id" uuid NOT NULL,
	"title" text NOT NULL,
	"artist" text,
	"is_compilation" boolean NOT NULL,
	"year" integer,
	"disc_count" integer NOT NULL,
	"track_count" integer NOT NULL,
	"missing_count" integer NOT NULL,
	"duration_ms" integer NOT NULL,
	"cover_track_id" uuid,
	"cover_hash" text,
	"artist_ids" uuid[] NOT NULL,
	"added_at" timestamp with time zone NOT NULL,
	"sort_title" text collate "C" NOT NULL,
	"sort_artist" text collate "C" NOT NULL,
	"sort_year" integer NOT NULL,
	"search_text" text NOT NULL,
	CONSTRAINT "albums_counts_check" CHECK ("albums"."track_count" >= 0 and "albums"."missing_count" >= 0)
);
--> statement-breakpoint
CREATE TABLE "artists" (
	"id" uuid PRIMARY KEY NOT NULL,
	"band_id" uuid NOT NULL,
	"name" text NOT NULL,
	"sort_name" text collate "C" NOT NULL,
	"search_text" text NOT NULL,
	"track_count" integer NOT NULL,
	"missing_count" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "genres" (
	"id" uuid PRIMARY KEY NOT NULL,
	"band_id" uuid NOT NULL,
	"name" text NOT NULL,
	"sort_name" text collate "C" NOT NULL,
	"search_text" text NOT NULL,
	"track_count" integer NOT NULL,
	"missing_count" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "track_folders" (
	"id" uuid PRIMARY KEY NOT NULL,
	"band_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"path" text NOT NULL,
	"parent_id" uuid,
	"name" text NOT NULL,
	"sort_name" text collate "C" NOT NULL,
	"track_count" integer NOT NULL,
	"missing_count" integer NOT NULL
);
--> statement-breakpoint
DROP INDEX "tracks_unread_index";--> statement-breakpoint
ALTER TABLE "tracks" ADD COLUMN "artists" text[];--> statement-breakpoint
ALTER TABLE "tracks" ADD COLUMN "genres" text[];--> statement-breakpoint
ALTER TABLE "tracks" ADD COLUMN "artist_sort" text;--> statement-breakpoint
ALTER TABLE "tracks" ADD COLUMN "album_sort" text;--> statement-breakpoint
ALTER TABLE "tracks" ADD COLUMN "album_artist_sort" text;--> statement-breakpoint
ALTER TABLE "tracks" ADD COLUMN "is_compilation" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "tracks" ADD COLUMN "details" jsonb;--> statement-breakpoint
ALTER TABLE "tracks" ADD COLUMN "tags_version" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "tracks" ADD COLUMN "album_id" uuid GENERATED ALWAYS AS (library_album_id(band_id, connection_id, path, album, album_artist)) STORED;--> statement-breakpoint
ALTER TABLE "tracks" ADD COLUMN "artist_ids" uuid[] GENERATED ALWAYS AS (library_ids(band_id, 'artist', library_artists(artists, artist, album_artist))) STORED NOT NULL;--> statement-breakpoint
ALTER TABLE "tracks" ADD COLUMN "genre_ids" uuid[] GENERATED ALWAYS AS (library_ids(band_id, 'genre', library_genres(genres, genre))) STORED NOT NULL;--> statement-breakpoint
ALTER TABLE "albums" ADD CONSTRAINT "albums_band_id_bands_id_fk" FOREIGN KEY ("band_id") REFERENCES "public"."bands"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "artists" ADD CONSTRAINT "artists_band_id_bands_id_fk" FOREIGN KEY ("band_id") REFERENCES "public"."bands"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "genres" ADD CONSTRAINT "genres_band_id_bands_id_fk" FOREIGN KEY ("band_id") REFERENCES "public"."bands"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "track_folders" ADD CONSTRAINT "track_folders_band_id_bands_id_fk" FOREIGN KEY ("band_id") REFERENCES "public"."bands"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "track_folders" ADD CONSTRAINT "track_folders_connection_id_connections_id_fk" FOREIGN KEY ("connection_id") REFERENCES "public"."connections"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "albums_sort_title_index" ON "albums" USING btree ("band_id","sort_title","id");--> statement-breakpoint
CREATE INDEX "albums_sort_artist_index" ON "albums" USING btree ("band_id","sort_artist","id");--> statement-breakpoint
CREATE INDEX "albums_sort_year_index" ON "albums" USING btree ("band_id","sort_year","id");--> statement-breakpoint
CREATE INDEX "albums_sort_added_index" ON "albums" USING btree ("band_id","added_at","id");--> statement-breakpoint
CREATE INDEX "albums_artists_index" ON "albums" USING gin ("band_id","artist_ids");--> statement-breakpoint
CREATE INDEX "albums_search_index" ON "albums" USING gin ("band_id","search_text" gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "artists_sort_name_index" ON "artists" USING btree ("band_id","sort_name","id");--> statement-breakpoint
CREATE INDEX "artists_sort_tracks_index" ON "artists" USING btree ("band_id","track_count","id");--> statement-breakpoint
CREATE INDEX "artists_search_index" ON "artists" USING gin ("band_id","search_text" gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "genres_sort_name_index" ON "genres" USING btree ("band_id","sort_name","id");--> statement-breakpoint
CREATE INDEX "genres_sort_tracks_index" ON "genres" USING btree ("band_id","track_count","id");--> statement-breakpoint
CREATE INDEX "genres_search_index" ON "genres" USING gin ("band_id","search_text" gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "track_folders_sort_name_index" ON "track_folders" USING btree ("parent_id","sort_name","id");--> statement-breakpoint
CREATE INDEX "track_folders_band_id_index" ON "track_folders" USING btree ("band_id");--> statement-breakpoint
CREATE INDEX "track_folders_connection_id_index" ON "track_folders" USING btree ("connection_id");--> statement-breakpoint
CREATE INDEX "tracks_album_index" ON "tracks" USING btree ("album_id","sort_album","id");--> statement-breakpoint
CREATE INDEX "tracks_artists_index" ON "tracks" USING gin ("band_id","artist_ids");--> statement-breakpoint
CREATE INDEX "tracks_genres_index" ON "tracks" USING gin ("band_id","genre_ids");--> statement-breakpoint
CREATE INDEX "tracks_unread_index" ON "tracks" USING btree ("connection_id","id") WHERE not "tracks"."is_read" or "tracks"."tags_version" < 1;--> statement-breakpoint
-- What a track adds to the views, or takes from them.
create type library_change as (
  sign integer, band_id uuid, connection_id uuid, folder text, is_missing boolean, album_id uuid,
  artists text[], genres text[], artist text, artist_sort text, album_artist text, album_artist_sort text
);
--> statement-breakpoint
-- One row for each name that a track has, however often; each spelling is folded once.
create function library_names(changes library_change[], kind text)
returns table (sign integer, band_id uuid, id uuid, name text, tagged text, is_missing boolean)
language sql stable as $$
  with spelled as materialized (
    select c.place, c.sign, c.band_id, c.is_missing, trim(n.name) as name,
      case when kind <> 'artist' then null when n.name = c.artist then c.artist_sort
        when n.name = c.album_artist then c.album_artist_sort end as tagged
    from (select row_number() over () as place, each.* from unnest(changes) as each) as c
    cross join unnest(case when kind = 'artist' then c.artists else c.genres end) as n(name)
    where trim(n.name) <> ''
  ), folded as materialized (
    select d.band_id, d.name, library_id(d.band_id, kind, library_fold(d.name)) as id
    from (select distinct s.band_id, s.name from spelled as s) as d
  )
  select distinct on (s.place, f.id) s.sign, s.band_id, f.id, s.name, s.tagged, s.is_missing
  from spelled as s join folded as f on f.band_id = s.band_id and f.name = s.name
$$;
--> statement-breakpoint
create function library_note_names(changes library_change[], kind text, target regclass) returns void
language plpgsql as $$
declare emptied uuid[];
begin
  execute format($sql$
    with counted as materialized (
      select n.id, n.band_id, max(n.name) filter (where n.sign > 0) as name,
        max(n.tagged) filter (where n.sign > 0) as tagged,
        coalesce(sum(n.sign) filter (where not n.is_missing), 0) as tracks,
        coalesce(sum(n.sign) filter (where n.is_missing), 0) as missing
      from library_names($1, $2) as n group by n.id, n.band_id
    ), only_taken as (
      update %1$s as t set track_count = t.track_count + c.tracks, missing_count = t.missing_count + c.missing
      from counted as c where t.id = c.id and c.name is null
      returning t.id, t.track_count, t.missing_count
    ), added as (
      insert into %1$s as t (id, band_id, name, sort_name, search_text, track_count, missing_count)
      select c.id, c.band_id, c.name, library_sort_key(coalesce(c.tagged, c.name)),
        ' ' || library_fold(c.name), c.tracks, c.missing
      from counted as c join bands as b on b.id = c.band_id where c.name is not null
      on conflict (id) do update set name = excluded.name, sort_name = excluded.sort_name,
        search_text = excluded.search_text, track_count = t.track_count + excluded.track_count,
        missing_count = t.missing_count + excluded.missing_count
    )
    select array_agg(id) from only_taken where track_count = 0 and missing_count = 0 $sql$, target)
  into emptied using changes, kind;
  execute format('delete from %1$s where id = any($1)', target) using emptied;
end $$;
--> statement-breakpoint
create function library_note_folders(changes library_change[]) returns void
language plpgsql as $$
begin
  with direct as (
    select connection_id, band_id, folder, coalesce(sum(sign) filter (where not is_missing), 0) as tracks,
      coalesce(sum(sign) filter (where is_missing), 0) as missing
    from unnest(changes) group by 1, 2, 3
  ), spread as (
    select d.connection_id, d.band_id, d.tracks, d.missing, depth, parts,
      array_to_string(parts[1:depth], '/') as path
    from direct as d cross join lateral string_to_array(d.folder, '/') as parts
    cross join lateral generate_series(0, cardinality(parts)) as depth
  ), summed as (
    select connection_id, band_id, path, max(depth) as depth, sum(tracks) as tracks, sum(missing) as missing,
      coalesce((array_agg(parts[depth]))[1], '') as name,
      (array_agg(array_to_string(parts[1:depth - 1], '/')))[1] as parent
    from spread group by 1, 2, 3
  )
  insert into track_folders as f (
    id, band_id, connection_id, path, parent_id, name, sort_name, track_count, missing_count
  )
  select library_id(s.connection_id, 'folder', s.path), s.band_id, s.connection_id, s.path,
    case when s.depth > 0 then library_id(s.connection_id, 'folder', s.parent) end, s.name,
    library_sort_key(s.name), s.tracks, s.missing
  from summed as s join connections as c on c.id = s.connection_id join bands as b on b.id = s.band_id
  on conflict (id) do update set track_count = f.track_count + excluded.track_count,
    missing_count = f.missing_count + excluded.missing_count;
  delete from track_folders as f
  where f.track_count = 0 and f.missing_count = 0
    and f.connection_id in (select connection_id from unnest(changes) where sign < 0);
end $$;
--> statement-breakpoint
create function library_note_albums(ids uuid[]) returns void
language plpgsql as $$
begin
  insert into albums as a (
    id, band_id, title, artist, is_compilation, year, disc_count, track_count, missing_count, duration_ms,
    cover_track_id, cover_hash, artist_ids, added_at, sort_title, sort_artist, sort_year, search_text
  )
  select g.album_id, g.band_id, g.title, g.whose, g.is_compilation, g.year, g.discs, g.tracks, g.missing,
    g.duration, g.cover_track_id, g.cover_hash, g.artist_ids, g.added_at,
    library_sort_key(coalesce(g.album_sort, g.title)),
    left(library_sort_key(coalesce(g.whose_sort, g.whose)), 150) || chr(1)
      || library_sort_key(coalesce(g.album_sort, g.title)),
    coalesce(g.year, 9999), ' ' || library_fold(g.title) || ' ' || library_fold(coalesce(g.whose, 'various artists'))
  from (
    select t.album_id, t.band_id,
      mode() within group (order by trim(t.album)) as title,
      case when bool_and(t.album_artist is null) then
        case when count(distinct coalesce(t.artist, '')) = 1 then max(t.artist) end
      else mode() within group (order by trim(t.album_artist)) end as whose,
      case when bool_and(t.album_artist is null) then
        case when count(distinct coalesce(t.artist, '')) = 1 then max(t.artist_sort) end
      else max(t.album_artist_sort) end as whose_sort,
      bool_or(t.is_compilation) or bool_or(library_is_various(t.album_artist))
        or (bool_and(t.album_artist is null) and count(distinct coalesce(t.artist, '')) > 1) as is_compilation,
      min(t.year) as year, count(distinct coalesce(t.disc_number, 1)) as discs,
      count(*) filter (where t.state <> 'missing') as tracks,
      count(*) filter (where t.state = 'missing') as missing,
      least(coalesce(sum(t.duration_ms::bigint) filter (where t.state <> 'missing'), 0), 2147483647) as duration,
      (array_agg(t.id order by t.state = 'missing', t.sort_album, t.id) filter (where t.cover_hash is not null))[1]
        as cover_track_id,
      (array_agg(t.cover_hash order by t.state = 'missing', t.sort_album, t.id)
        filter (where t.cover_hash is not null))[1] as cover_hash,
      (select coalesce(array_agg(distinct each), '{}')
        from tracks as o cross join unnest(o.artist_ids) as each where o.album_id = t.album_id) as artist_ids,
      max(t.added_at) as added_at, max(t.album_sort) as album_sort
    from tracks as t where t.album_id = any(ids) group by t.album_id, t.band_id
  ) as g join bands as b on b.id = g.band_id
  on conflict (id) do update set title = excluded.title, artist = excluded.artist,
    is_compilation = excluded.is_compilation, year = excluded.year, disc_count = excluded.disc_count,
    track_count = excluded.track_count, missing_count = excluded.missing_count,
    duration_ms = excluded.duration_ms, cover_track_id = excluded.cover_track_id,
    cover_hash = excluded.cover_hash, artist_ids = excluded.artist_ids, added_at = excluded.added_at,
    sort_title = excluded.sort_title, sort_artist = excluded.sort_artist, sort_year = excluded.sort_year,
    search_text = excluded.search_text;
  delete from albums as a where a.id = any(ids) and not exists (select from tracks as t where t.album_id = a.id);
end $$;
--> statement-breakpoint
-- The band's row is held to the end of the transaction, so that two scans of one band do not count past
-- each other: each statement after it sees what the other has committed.
create function library_keep_step(changes library_change[]) returns void
language plpgsql as $$
begin
  if cardinality(changes) is null or cardinality(changes) = 0 then return; end if;
  perform from bands where id in (select band_id from unnest(changes)) order by id for no key update;
  perform library_note_names(changes, 'artist', 'artists');
  perform library_note_names(changes, 'genre', 'genres');
  perform library_note_folders(changes);
  perform library_note_albums(array(
    select distinct album_id from unnest(changes) where album_id is not null order by 1
  ));
end $$;
--> statement-breakpoint
create function library_change_of(t tracks, sign integer) returns library_change
language sql stable
return row(
  sign, t.band_id, t.connection_id, t.folder, t.state = 'missing', t.album_id,
  library_artists(t.artists, t.artist, t.album_artist), library_genres(t.genres, t.genre),
  t.artist, t.artist_sort, t.album_artist, t.album_artist_sort
)::library_change;
--> statement-breakpoint
create function library_tracks_inserted() returns trigger language plpgsql as $$
begin
  perform library_keep_step((select array_agg(library_change_of(n, 1)) from new_tracks as n));
  return null;
end $$;
--> statement-breakpoint
create function library_tracks_deleted() returns trigger language plpgsql as $$
begin
  perform library_keep_step((select array_agg(library_change_of(o, -1)) from old_tracks as o));
  return null;
end $$;
--> statement-breakpoint
-- Most updates are of what no view shows: those cost a comparison and nothing more.
create function library_tracks_updated() returns trigger language plpgsql as $$
begin
  perform library_keep_step((
    select array_agg(change) from new_tracks as n join old_tracks as o using (id)
    cross join lateral (values (library_change_of(o, -1)), (library_change_of(n, 1))) as both_(change)
    where (
      n.band_id, n.connection_id, n.path, n.state = 'missing', n.artist, n.album, n.album_artist, n.artists,
      n.genre, n.genres, n.artist_sort, n.album_sort, n.album_artist_sort, n.is_compilation, n.year,
      n.disc_number, n.duration_ms, n.cover_hash, n.sort_album, n.added_at
    ) is distinct from (
      o.band_id, o.connection_id, o.path, o.state = 'missing', o.artist, o.album, o.album_artist, o.artists,
      o.genre, o.genres, o.artist_sort, o.album_sort, o.album_artist_sort, o.is_compilation, o.year,
      o.disc_number, o.duration_ms, o.cover_hash, o.sort_album, o.added_at
    )
  ));
  return null;
end $$;
--> statement-breakpoint
select library_keep_step((
  select array_agg(library_change_of(t, 1)) from tracks as t where t.band_id = b.id
)) from bands as b;
--> statement-breakpoint
create trigger tracks_inserted after insert on tracks
referencing new table as new_tracks for each statement execute function library_tracks_inserted();
--> statement-breakpoint
create trigger tracks_deleted after delete on tracks
referencing old table as old_tracks for each statement execute function library_tracks_deleted();
--> statement-breakpoint
create trigger tracks_updated after update on tracks
referencing old table as old_tracks new table as new_tracks
for each statement execute function library_tracks_updated();
