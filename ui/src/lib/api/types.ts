// The shapes of the HTTP interface, as the server's OpenAPI description gives them. Times are RFC 3339, ids are texts.

export type StreamState = 'starting' | 'live' | 'interrupted';
export type Latency = 'low' | 'normal';

export interface User {
	id: string;
	name: string;
	email: string;
	admin: boolean;
	partner: boolean;
	created_at: string;
}

export interface Stream {
	id: string;
	channel: { id: string; name: string };
	title: string;
	category: string;
	tags: string[];
	language: string;
	latency: Latency;
	state: StreamState;
	started_at: string;
	viewers: number;
	source: { width: number; height: number; fps: number; codecs: string[] };
	renditions: string[];
	playlist_url: string;
	thumbnail_url: string;
}

export interface Channel {
	id: string;
	name: string;
	title: string;
	category: string;
	tags: string[];
	language: string;
	latency: Latency;
	/** Names of the rungs below the source; null for the site's choice. */
	ladder: string[] | null;
	partner: boolean;
	followers: number;
	stream: Stream | null;
}

export type ChannelChange = Partial<Pick<Channel, 'title' | 'category' | 'tags' | 'language' | 'latency' | 'ladder'>>;

export interface Me {
	user: User;
	channel: Channel;
}

/** A channel that the viewer follows. */
export interface Follow {
	channel: { id: string; name: string };
	/** Null if it is not followed. */
	followed_at: string | null;
}

/** Who follows a channel, the newest first. */
export interface Followers {
	total: number;
	followers: { user: { id: string; name: string }; followed_at: string }[];
	/** Where the next page begins; null on the last. */
	next: string | null;
}

export interface StreamKey {
	id: string;
	label: string;
	created_at: string;
	last_used_at: string | null;
}

export interface StreamKeys {
	keys: StreamKey[];
	server: string;
	server_tls: string | null;
}

/** A key just made: the only time that its text is told. */
export interface NewStreamKey extends StreamKey {
	key: string;
	server: string;
	server_tls: string | null;
}

export type TokenScope = 'chat' | 'full';

/** A token for a program; it has no end. */
export interface Token {
	id: string;
	label: string;
	scope: TokenScope;
	created_at: string;
}

/** A token just made: the only time that its text is told. */
export type NewToken = Token & { token: string };

export interface Site {
	name: string;
	version: string;
	signup: 'open' | 'invite' | 'closed';
	rtmp: string;
	rtmps: string | null;
	/** Rungs that channels may choose from, best first. */
	ladder: { name: string; partners_only: boolean }[];
}

export interface ChannelState {
	state: 'offline' | StreamState;
	viewers: number;
	followers: number;
	stream: Stream | null;
}

export interface Health {
	state: 'offline' | 'live' | 'interrupted';
	level: 'good' | 'warning' | 'bad';
	sentence: string;
	video: {
		codec: string;
		width: number;
		height: number;
		fps: number;
		bitrate_bps: number;
		keyframe_interval_s: number | null;
	} | null;
	audio: { codec: string; sample_rate: number; channels: number; bitrate_bps: number } | null;
	warnings: { code: string; text: string }[];
	transcode: { state: 'none' | 'queued' | 'running'; encoder: string | null; renditions: string[] };
	history: { at: string; video_bps: number; audio_bps: number; fps: number }[];
}

export interface ProblemBody {
	type: string;
	title: string;
	status: number;
	detail: string;
	code: string;
	errors?: { field: string; code: string; detail: string }[];
}
