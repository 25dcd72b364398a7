-- Names of the rungs that the channel's next stream gets; NULL for the site's choice.
ALTER TABLE channels ADD COLUMN ladder TEXT CHECK (ladder IS NULL OR json_valid(ladder));
