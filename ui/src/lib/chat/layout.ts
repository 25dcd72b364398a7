// Where a pane stands: beside the player, in a window of its own, in another site's frame, or in the mod view.
export type Layout = 'column' | 'popout' | 'embed' | 'mod';
