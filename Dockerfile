# Debian's own ffmpeg brings 250 MB of displays, speech and sound servers. This is the source that Debian keeps mended, with what the
# manager asks of it (src/media/convert/), with the codecs of phones and cameras, and without a network.
FROM debian:trixie-slim AS ffmpeg
RUN sed -i 's/^Types: deb$/Types: deb deb-src/' /etc/apt/sources.list.d/debian.sources \
 && apt-get update \
 && apt-get install -y --no-install-recommends \
      build-essential dpkg-dev libdav1d-dev libmp3lame-dev libopus-dev libx264-dev nasm pkg-config zlib1g-dev
WORKDIR /build
RUN apt-get source ffmpeg \
 && cd ffmpeg-*/ \
 && ./configure --disable-autodetect --disable-doc --disable-debug --disable-network --disable-avdevice \
      --disable-programs --enable-ffmpeg --disable-everything --enable-gpl --enable-zlib \
      --enable-libdav1d --enable-libmp3lame --enable-libopus --enable-libx264 \
      --enable-demuxer=aac,amr,avi,flac,gif,matroska,mov,mp3,ogg,wav \
      --enable-decoder=h264,hevc,libdav1d,vp8,vp9,mpeg1video,mpeg2video,mpeg4,msmpeg4v1,msmpeg4v2,msmpeg4v3,h263,flv,wmv1,wmv2 \
      --enable-decoder=theora,mjpeg,prores,dvvideo,rawvideo,gif,png \
      --enable-decoder=aac,aac_latm,ac3,eac3,alac,amrnb,amrwb,flac,mp2float,mp3float,opus,vorbis,wmav1,wmav2 \
      --enable-decoder=pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_u8,pcm_s8,pcm_f32le,pcm_f64le \
      --enable-decoder=pcm_mulaw,pcm_alaw,adpcm_ms,adpcm_ima_wav,adpcm_ima_qt \
      --enable-parsers --enable-bsfs \
      --enable-filter=anull,aformat,aresample,asetpts,atrim,copy,crop,format,fps,hflip,null,pad,rotate,scale,setpts,transpose,trim,vflip,xstack \
      --enable-encoder=aac,libmp3lame,libopus,libx264,mjpeg,pcm_s16le,png \
      --enable-muxer=image2pipe,mp3,mp4,ogg,pcm_s16le \
      --enable-protocol=file,pipe \
 && make -j"$(nproc)" ffmpeg \
 && install -D -s ffmpeg /out/usr/local/bin/ffmpeg

# The packages, and with them the Node that the project pins.
FROM node:24-trixie-slim AS modules
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev \
 && mv node_modules/node-linux-*/bin/node node \
 && rm -rf node_modules/node-linux-* node_modules/.bin node_modules/.cache \
 && find node_modules -type f \
      \( -name '*.map' -o -name '*.md' -o -name '*.d.ts' -o -name '*.d.cts' -o -name '*.d.mts' \) -delete

FROM debian:trixie-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends libdav1d7 libmp3lame0 libopus0 libstdc++6 libx264-164 sqlite3 \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/apt /var/log/dpkg.log \
 && groupadd --gid 10001 manager \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin manager \
 && install -d -m 700 -o manager -g manager /data
COPY --from=ffmpeg /out/usr/local/bin/ffmpeg /usr/local/bin/ffmpeg
COPY --from=modules /app/node /usr/local/bin/node
COPY --from=modules /app/node_modules /app/node_modules
COPY package.json LICENSE /app/
COPY command-line /app/command-line
COPY import /app/import
COPY machines /app/machines
COPY migrate /app/migrate
COPY patches /app/patches
COPY simulator /app/simulator
COPY src /app/src
WORKDIR /app
# HOST can be reached from outside the container, so the manager starts with API_KEYS only.
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=3000 \
    DATA_DIR=/data \
    NODE_COMPILE_CACHE=/data/.cache
USER 10001:10001
VOLUME /data
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/live`).then(answer => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Node is process 1: it hears SIGTERM itself, and what it starts (ffmpeg) it waits for.
CMD ["node", "--max-semi-space-size=8", "--no-parallel-scavenge", "src/start.js"]
