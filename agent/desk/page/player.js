// Plays a film out of memory alone: it is read by ranges, put into fragments of MP4 here, and given to the browser's media source. No file, no
// blob with clear bytes. Jumping reads what is there and no more.
import {
  CustomSource,
  EncodedAudioPacketSource,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  Input,
  MATROSKA,
  MP4,
  Mp4OutputFormat,
  Output,
  QTFF,
  StreamTarget,
  WEBM,
} from 'mediabunny';

/** Ahead of what is shown; behind it less is kept. */
const AHEAD_S = 20;
const BEHIND_S = 10;
const READ_BYTES_MAX = 16 * 1024 * 1024;

const once = (target, ...names) =>
  new Promise((resolve) => {
    const done = () => {
      for (const name of names) target.removeEventListener(name, done);
      resolve();
    };
    for (const name of names) target.addEventListener(name, done);
  });

/** Undefined where it is no film that this browser plays; else `play(video)` begins, and gives what ends it. */
export async function openFilm(sealed) {
  const source = new CustomSource({
    getSize: () => sealed.sizeBytes,
    read: (start, end) => sealed.read(start, end),
    maxCacheSize: READ_BYTES_MAX,
    prefetchProfile: 'network',
  });
  const input = new Input({ formats: [MP4, QTFF, MATROSKA, WEBM], source });
  if (!(await input.canRead())) return undefined;
  const tracks = [];
  for (const track of [await input.getPrimaryVideoTrack(), await input.getPrimaryAudioTrack()]) {
    const config = await track?.getDecoderConfig();
    if (config && MediaSource.isTypeSupported(`${track.type}/mp4; codecs="${config.codec}"`))
      tracks.push({ track, config, codec: await track.getCodec(), sink: new EncodedPacketSink(track) });
  }
  if (tracks[0]?.track.type !== 'video') return undefined;
  return { play: (video, failed) => play(video, tracks, input, failed) };
}

function play(video, tracks, input, failed) {
  const media = new MediaSource();
  const address = URL.createObjectURL(media);
  let run = { isOver: true };
  video.src = address;
  const begin = (atS) => {
    run.isOver = true;
    const own = { isOver: false };
    run = own;
    feed(own, atS).catch((error) => own.isOver || failed(error));
  };
  const feed = async (own, atS) => {
    if (media.readyState === 'closed') await once(media, 'sourceopen');
    const type = `video/mp4; codecs="${tracks.map(({ config }) => config.codec).join(', ')}"`;
    const buffer = media.sourceBuffers[0] ?? media.addSourceBuffer(type);
    if (!Number.isFinite(media.duration)) media.duration = await input.computeDuration();
    if (buffer.updating) await once(buffer, 'updateend');
    if (own.isOver) return;
    // What an earlier run left would end in a gap that no run fills.
    buffer.remove(0, Infinity);
    await once(buffer, 'updateend');
    if (own.isOver) return;
    buffer.abort();
    const write = async ({ data }) => {
      while (!own.isOver && bufferedTo(video, buffer) > video.currentTime + AHEAD_S)
        await once(video, 'timeupdate', 'seeking', 'emptied');
      if (own.isOver) throw new Error('over');
      if (video.currentTime > BEHIND_S && buffer.buffered.length > 0) {
        buffer.remove(0, video.currentTime - BEHIND_S);
        await once(buffer, 'updateend');
        if (own.isOver) throw new Error('over');
      }
      buffer.appendBuffer(data);
      await once(buffer, 'updateend');
      if (video.error !== null) throw new Error(video.error.message);
    };
    const output = new Output({
      format: new Mp4OutputFormat({ fastStart: 'fragmented', minimumFragmentDuration: 1 }),
      target: new StreamTarget(new WritableStream({ write })),
    });
    const lead = await tracks[0].sink.getKeyPacket(atS);
    const first = lead ?? (await tracks[0].sink.getFirstKeyPacket());
    const lanes = [];
    for (const { track, config, codec, sink } of tracks) {
      const isVideo = track.type === 'video';
      const to = isVideo ? new EncodedVideoPacketSource(codec) : new EncodedAudioPacketSource(codec);
      if (isVideo) output.addVideoTrack(to, { rotation: track.rotation });
      else output.addAudioTrack(to);
      const start = isVideo
        ? first
        : ((await sink.getPacket(first.timestamp)) ?? (await sink.getFirstPacket()));
      const packets = sink.packets(start ?? undefined);
      lanes.push({ to, packets, meta: { decoderConfig: config }, next: (await packets.next()).value });
    }
    await output.start();
    for (;;) {
      if (own.isOver) return;
      const open = lanes.filter(({ next }) => next !== undefined);
      if (open.length === 0) break;
      const lane = open.reduce((one, other) => (other.next.timestamp < one.next.timestamp ? other : one));
      if (lane.next.timestamp >= 0) await lane.to.add(lane.next, lane.meta);
      lane.next = (await lane.packets.next()).value;
      if (lane.next === undefined) lane.to.close();
    }
    await output.finalize();
    if (!own.isOver && media.readyState === 'open') media.endOfStream();
  };
  const sought = () => {
    const isThere = [...Array(video.buffered.length).keys()].some(
      (at) => video.buffered.start(at) <= video.currentTime && video.currentTime < video.buffered.end(at),
    );
    if (!isThere) begin(video.currentTime);
  };
  video.addEventListener('seeking', sought);
  begin(0);
  return () => {
    run.isOver = true;
    video.removeEventListener('seeking', sought);
    video.removeAttribute('src');
    video.load();
    URL.revokeObjectURL(address);
    input.dispose();
  };
}

function bufferedTo(video, { buffered }) {
  for (let at = 0; at < buffered.length; at++)
    if (buffered.start(at) <= video.currentTime + 0.5 && video.currentTime < buffered.end(at))
      return buffered.end(at);
  return -1;
}

/** Undefined where it is no picture that this browser shows; else `draw(canvas)`. */
export async function openPicture(sealed) {
  const head = await sealed.read(0, Math.min(8, sealed.sizeBytes));
  const isJpeg = head[0] === 0xff && head[1] === 0xd8;
  const isPng = head[0] === 0x89 && head[1] === 0x50;
  if ((!isJpeg && !isPng) || sealed.sizeBytes > READ_BYTES_MAX || !('ImageDecoder' in window))
    return undefined;
  const data = await sealed.read(0, sealed.sizeBytes);
  const { image } = await new ImageDecoder({ data, type: isJpeg ? 'image/jpeg' : 'image/png' }).decode();
  const bitmap = await createImageBitmap(image);
  image.close();
  return {
    draw: (canvas) => {
      canvas.width = bitmap.width;
      canvas.height = bitmap.height;
      canvas.getContext('2d').drawImage(bitmap, 0, 0);
    },
  };
}
