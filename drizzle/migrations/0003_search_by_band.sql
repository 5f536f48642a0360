-- Lets one GIN index hold the band beside the trigrams.
create extension if not exists btree_gin;
