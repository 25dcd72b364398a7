// What the statistics tell of the rendition that plays.
import type Hls from 'hls.js';
import { expect, test } from 'vitest';
import { ServerClock } from './clock.ts';
import { Readings } from './readings.ts';
import { BEGINNING } from './shapes.ts';

const VIDEO = { currentTime: 3, buffered: [], seekable: [], playbackRate: 1, videoWidth: 0, videoHeight: 0 };
const COUNTED = { aim: null, stalls: 0, jumps: 0, rebuilds: 0, engine: 'test', sound: null };

function statsOf(level: object, counted: object) {
	const readings = new Readings(VIDEO as unknown as HTMLVideoElement, new ServerClock());
	readings.hls = { currentLevel: 0, levels: [level], latestLevelDetails: null } as unknown as Hls;
	const { rendition, bitrate, codecs } = readings.stats(BEGINNING, { ...COUNTED, ...counted });
	return { rendition, bitrate, codecs };
}

const picture = { uri: '/live/s/720p/index.m3u8', bitrate: 2e6, videoCodec: 'avc1.42C01F', audioCodec: 'mp4a.40.2' };
// What hls.js makes of a media playlist that no multivariant one led to.
const alone = { uri: '/live/s/audio/index.m3u8', bitrate: 0 };

test.each([
	['a rung its own', picture, {}, { rendition: '720p', bitrate: 2e6, codecs: 'avc1.42C01F, mp4a.40.2' }],
	[
		'audio only what the multivariant playlist said of it',
		alone,
		{ sound: { url: alone.uri, bitrate: 128_000, codec: 'mp4a.40.2' } },
		{ rendition: 'audio', bitrate: 128_000, codecs: 'mp4a.40.2' }
	],
	['a playlist by itself nothing, which is not zero', alone, {}, { rendition: 'audio', bitrate: null, codecs: '' }]
])('%s', (_, level, counted, told) => expect(statsOf(level, counted)).toEqual(told));
