// A small LL-HLS origin for working on the page without the server: FFmpeg makes fragmented MP4, this lists its
// fragments as parts. Two video rungs and one audio rendition; outages list gaps, returns a discontinuity.
// Not a model of the server: no delta updates, no rendition reports, one stream.
import { spawn } from 'node:child_process';

const WINDOW = 10;
const PARTS_FOR = 4;
const PART_TARGET = 0.214;
const OUTPUTS = {
	source: '-map [v0] -c:v libx264 -preset ultrafast -tune zerolatency -g 30 -sc_threshold 0 -b:v 1500k -an',
	'360p': '-map [v1] -c:v libx264 -preset ultrafast -tune zerolatency -g 30 -sc_threshold 0 -b:v 400k -an',
	audio: '-map 1:a -c:a aac -b:a 96k -ar 48000 -ac 2 -vn'
};
const PICTURE = process.env.PICTURE ?? 'testsrc2=size=1280x720:rate=30';

/** One rendition: its segments, each with parts, and whoever waits for more. */
class Rendition {
	inits = [];
	segments = [];
	bytes = new Map();
	waiting = new Set();
	#rest = Buffer.alloc(0);
	#init = [];
	#timescale = 1;
	#moof = null;

	/** The encoder (re)starts at segment `msn`; media time 0 is `startedAt` (ms). */
	begin(msn, startedAt) {
		this.#rest = Buffer.alloc(0);
		this.#init = [];
		this.base = msn;
		this.startedAt = startedAt;
		this.fresh = this.segments.length > 0;
	}

	feed(chunk) {
		this.#rest = Buffer.concat([this.#rest, chunk]);
		while (this.#rest.length >= 8) {
			const size = this.#rest.readUInt32BE(0);
			if (this.#rest.length < size) return;
			this.#box(this.#rest.subarray(4, 8).toString('latin1'), Buffer.from(this.#rest.subarray(0, size)));
			this.#rest = this.#rest.subarray(size);
		}
	}

	#box(type, box) {
		if (type === 'ftyp' || type === 'moov') this.#init.push(box);
		if (type === 'moov') {
			const mdhd = box.indexOf('mdhd');
			this.#timescale = box.readUInt32BE(mdhd + 4 + (box[mdhd + 4] === 1 ? 20 : 12));
			this.inits.push(Buffer.concat(this.#init));
		}
		if (type === 'moof') this.#moof = box;
		if (type === 'mdat' && this.#moof) this.#part(this.#moof, Buffer.concat([this.#moof, box]));
	}

	#part(moof, bytes) {
		const { start, duration, independent } = timing(moof, this.#timescale);
		const msn = this.base + Math.floor(start + 0.02);
		let segment = this.segments.at(-1);
		if (!segment || segment.msn < msn || segment.gap) {
			if (segment && !segment.gap) segment.done = true;
			segment = { msn, init: this.inits.length - 1, parts: [], pdt: this.startedAt + start * 1000, cut: this.fresh };
			this.fresh = false;
			this.segments.push(segment);
		}
		const part = { index: segment.parts.length, duration, independent };
		segment.parts.push(part);
		this.bytes.set(`${segment.msn}.${part.index}`, bytes);
		this.#trim();
		this.tell();
	}

	/** The encoder is away: one more second of nothing. */
	gap(msn, at) {
		const last = this.segments.at(-1);
		if (last && !last.gap) last.done = true;
		const parts = process.env.GAP_PARTS ? [0, 1, 2, 3, 4].map((index) => ({ index, duration: 0.2, gap: true })) : [];
		this.segments.push({ msn, gap: true, done: true, parts, pdt: at, init: this.inits.length - 1 });
		this.#trim();
		this.tell();
	}

	#trim() {
		while (this.segments.length > WINDOW) {
			const old = this.segments.shift();
			this.lost = (this.lost ?? 0) + (old.cut ? 1 : 0);
			for (const part of old.parts) this.bytes.delete(`${old.msn}.${part.index}`);
		}
	}

	tell() {
		for (const look of this.waiting) look();
	}

	has(msn, part) {
		const last = this.segments.at(-1);
		if (!last) return false;
		if (last.msn > msn || (last.msn === msn && last.done)) return true;
		return last.msn === msn && part !== null && last.parts.length > part;
	}

	playlist(ended) {
		const lines = ['#EXTM3U', '#EXT-X-VERSION:9', '#EXT-X-TARGETDURATION:2', '#EXT-X-INDEPENDENT-SEGMENTS'];
		lines.push(`#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=${(PART_TARGET * 3).toFixed(3)}`);
		lines.push(`#EXT-X-PART-INF:PART-TARGET=${PART_TARGET}`, `#EXT-X-MEDIA-SEQUENCE:${this.segments[0]?.msn ?? 0}`);
		lines.push(`#EXT-X-DISCONTINUITY-SEQUENCE:${this.lost ?? 0}`);
		let init = -1;
		for (const [i, segment] of this.segments.entries()) {
			if (segment.cut) lines.push('#EXT-X-DISCONTINUITY');
			if (segment.init !== init) lines.push(`#EXT-X-MAP:URI="init-${(init = segment.init)}.mp4"`);
			lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(segment.pdt).toISOString()}`);
			if (segment.gap) lines.push('#EXT-X-GAP');
			if (i >= this.segments.length - PARTS_FOR) {
				for (const p of segment.parts) {
					const mark = p.gap ? ',GAP=YES' : p.independent ? ',INDEPENDENT=YES' : '';
					lines.push(`#EXT-X-PART:DURATION=${p.duration.toFixed(5)},URI="${segment.msn}.${p.index}.m4s"${mark}`);
				}
			}
			if (segment.done || ended) {
				const length = segment.gap ? 1 : segment.parts.reduce((sum, p) => sum + p.duration, 0);
				lines.push(`#EXTINF:${length.toFixed(5)},`, `${segment.msn}.m4s`);
			}
		}
		const open = this.segments.at(-1);
		if (ended) lines.push('#EXT-X-ENDLIST');
		else if (open) {
			// hls.js takes a last segment that no tag follows for the one in progress and then fails on its number.
			const next = open.done ? `${open.msn + 1}.0` : `${open.msn}.${open.parts.length}`;
			lines.push(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${next}.m4s"`);
		}
		return `${lines.join('\n')}\n`;
	}

	file(name) {
		const init = /^init-(\d+)\.mp4$/.exec(name);
		if (init) return this.inits[Number(init[1])];
		const part = /^(\d+\.\d+)\.m4s$/.exec(name);
		if (part) return this.bytes.get(part[1]);
		const segment = this.segments.find((s) => `${s.msn}.m4s` === name && !s.gap);
		return segment && Buffer.concat(segment.parts.map((p) => this.bytes.get(`${segment.msn}.${p.index}`)));
	}
}

/** Start and duration (s) of a fragment with one track, and whether it starts with a sync sample. */
function timing(moof, timescale) {
	const at = (name) => moof.indexOf(name) + 4;
	const tfdt = at('tfdt');
	const start = moof[tfdt] === 1 ? Number(moof.readBigUInt64BE(tfdt + 4)) : moof.readUInt32BE(tfdt + 4);
	const tfhd = at('tfhd');
	const tfhdFlags = moof.readUInt32BE(tfhd) & 0xffffff;
	let p = tfhd + 8 + (tfhdFlags & 1 ? 8 : 0) + (tfhdFlags & 2 ? 4 : 0);
	const usual = tfhdFlags & 8 ? moof.readUInt32BE(p) : 0;
	p += (tfhdFlags & 8 ? 4 : 0) + (tfhdFlags & 0x10 ? 4 : 0);
	const usualFlags = tfhdFlags & 0x20 ? moof.readUInt32BE(p) : 0;
	const trun = at('trun');
	const flags = moof.readUInt32BE(trun) & 0xffffff;
	const count = moof.readUInt32BE(trun + 4);
	p = trun + 8 + (flags & 1 ? 4 : 0);
	let independent = (usualFlags & 0x10000) === 0;
	if (flags & 4) {
		independent = (moof.readUInt32BE(p) & 0x10000) === 0;
		p += 4;
	}
	const stride = [0x100, 0x200, 0x400, 0x800].reduce((sum, f) => sum + (flags & f ? 4 : 0), 0);
	let duration = 0;
	for (let i = 0; i < count; i += 1) duration += flags & 0x100 ? moof.readUInt32BE(p + i * stride) : usual;
	return { start: start / timescale, duration: duration / timescale, independent };
}

export class Broadcast {
	renditions = Object.fromEntries(Object.keys(OUTPUTS).map((name) => [name, new Rendition()]));
	#child = null;
	#gaps = null;
	ended = false;

	start() {
		clearInterval(this.#gaps);
		if (this.ended) this.#reset();
		const filters = '[0:v]split[v0][a];[a]scale=640:360[v1]';
		const args = ['-v', 'error', '-re', '-f', 'lavfi', '-i', PICTURE, '-re', '-f', 'lavfi', '-i', 'sine=f=220:r=48000'];
		args.push('-filter_complex', filters);
		const names = Object.keys(OUTPUTS);
		for (const [i, name] of names.entries()) {
			const how = '-f mp4 -movflags empty_moov+default_base_moof+frag_keyframe -frag_duration 200000 -flush_packets 1';
			args.push(...OUTPUTS[name].split(' '), ...how.split(' '), `pipe:${i + 3}`);
		}
		const child = spawn('ffmpeg', args, { stdio: ['ignore', 'ignore', 'inherit', 'pipe', 'pipe', 'pipe'] });
		this.#child = child;
		const base = Math.max(0, ...names.map((n) => (this.renditions[n].segments.at(-1)?.msn ?? -1) + 1));
		let startedAt = 0;
		for (const [i, name] of names.entries()) {
			child.stdio[i + 3].on('data', (chunk) => {
				if (this.#child !== child) return;
				if (!startedAt) {
					startedAt = Date.now();
					for (const n of names) this.renditions[n].begin(base, startedAt);
				}
				this.renditions[name].feed(chunk);
			});
		}
	}

	interrupt() {
		this.#child?.kill('SIGKILL');
		this.#child = null;
		const all = Object.values(this.renditions);
		const newest = () => Math.max(...all.map((r) => r.segments.at(-1)?.msn ?? 0));
		// A rendition that was a segment behind the others catches up by a gap: numbers never skip.
		const upTo = (msn) => {
			for (const r of all)
				while ((r.segments.at(-1)?.msn ?? msn) < msn) r.gap(r.segments.at(-1).msn + 1, Date.now() - 1000);
		};
		upTo(newest());
		this.#gaps = setInterval(() => upTo(newest() + 1), 1000);
	}

	end() {
		clearInterval(this.#gaps);
		this.#child?.kill('SIGKILL');
		this.#child = null;
		this.ended = true;
		for (const r of Object.values(this.renditions)) r.tell();
	}

	#reset() {
		this.ended = false;
		this.renditions = Object.fromEntries(Object.keys(OUTPUTS).map((name) => [name, new Rendition()]));
	}

	master(path) {
		const audio = `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="audio",DEFAULT=YES,AUTOSELECT=YES,URI="${path}/audio/index.m3u8"`;
		const rung = (name, rate, size, codec) =>
			`#EXT-X-STREAM-INF:BANDWIDTH=${rate},RESOLUTION=${size},FRAME-RATE=30.000,CODECS="${codec},mp4a.40.2",AUDIO="a"\n${path}/${name}/index.m3u8`;
		return [
			'#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-INDEPENDENT-SEGMENTS',
			audio,
			rung('source', 1900000, '1280x720', 'avc1.42C01F'),
			rung('360p', 600000, '640x360', 'avc1.42C01E'),
			`#EXT-X-STREAM-INF:BANDWIDTH=110000,CODECS="mp4a.40.2",AUDIO="a"\n${path}/audio/index.m3u8\n`
		].join('\n');
	}

	/** Answers a media request; `query` holds the blocking directives. */
	async answer(rendition, file, query) {
		const r = this.renditions[rendition];
		if (!r) return { status: 404 };
		if (file !== 'index.m3u8') {
			const body = r.file(file);
			return body ? { status: 200, type: 'video/mp4', body } : { status: 404 };
		}
		const msn = query.get('_HLS_msn');
		const part = query.get('_HLS_part');
		const there = () => this.ended || (msn === null ? r.segments.length > 0 : r.has(Number(msn), part && Number(part)));
		if (!there()) {
			await new Promise((done) => {
				const look = () => there() && finish();
				const timer = setTimeout(() => finish(), 6000);
				const finish = () => {
					clearTimeout(timer);
					r.waiting.delete(look);
					done();
				};
				r.waiting.add(look);
			});
		}
		if (!there()) return { status: 503 };
		return { status: 200, type: 'application/vnd.apple.mpegurl', body: r.playlist(this.ended) };
	}
}
