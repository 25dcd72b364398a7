// CPU of a server with its FFmpeg, and of the very same FFmpeg command without the server, for the same stream.
export async function pipeline() {
	throw new Error('not there yet');
}
