//! The header of a track: `ftyp` and `moov`, without a sample.
//!
//! Owns the sample entries. Promises that equal configs give equal bytes, so that the header can be named by
//! its content.

use bytes::Bytes;
use mp4_atom::esds::{DecoderConfig, DecoderSpecific, EsDescriptor, SLConfig};
use mp4_atom::{
    Atom, Audio, Avc1, Avcc, AvccExt, Codec, Colr, Dinf, Dref, Encode, Esds, FixedPoint, FourCC, Ftyp, Hdlr,
    Mdhd, Mdia, Minf, Moov, Mp4a, Mvex, Mvhd, Pasp, Smhd, Stbl, Stco, Stsd, Tkhd, Trak, Trex, Url, Visual,
    Vmhd,
};

use super::TrackParams;
use crate::codec::{aac::AacConfig, h264::H264Config};
use crate::frame::CodecConfig;

/// `objectTypeIndication` of MPEG-4 audio and `streamType` of audio (ISO/IEC 14496-1 §7.2.6.6).
const MPEG4_AUDIO: u8 = 0x40;
const AUDIO_STREAM: u8 = 5;

/// `ftyp` and `moov` (with `mvex`) for one track, language `und`: what `EXT-X-MAP` points at.
///
/// The avc1 entry always announces 4-byte NAL lengths, as [`crate::frame::Frame`] has them.
pub fn init_segment(config: &CodecConfig, track: TrackParams) -> Bytes {
    let ftyp =
        Ftyp { major_brand: FourCC::new(b"iso6"), minor_version: 0, compatible_brands: brands(config) };
    let mut out = Vec::with_capacity(1024);
    encode(&ftyp, &mut out);
    encode(&moov(config, track), &mut out);
    Bytes::from(out)
}

fn encode(atom: &impl Atom, out: &mut Vec<u8>) {
    atom.encode(out).expect("every field was bounded when the config was parsed");
}

fn brands(config: &CodecConfig) -> Vec<FourCC> {
    let mut brands = vec![FourCC::new(b"iso6"), FourCC::new(b"mp41"), FourCC::new(b"cmfc")];
    if matches!(config, CodecConfig::Aac(_)) {
        brands.push(FourCC::new(b"caac"));
    }
    brands
}

fn moov(config: &CodecConfig, track: TrackParams) -> Moov {
    Moov {
        mvhd: Mvhd {
            timescale: track.timescale,
            rate: FixedPoint::new(1, 0),
            volume: FixedPoint::new(1, 0),
            next_track_id: track.id.saturating_add(1),
            ..Mvhd::default()
        },
        mvex: Some(Mvex {
            mehd: None,
            trex: vec![Trex { track_id: track.id, default_sample_description_index: 1, ..Trex::default() }],
        }),
        trak: vec![trak(config, track)],
        ..Moov::default()
    }
}

fn trak(config: &CodecConfig, track: TrackParams) -> Trak {
    let (width, height, volume) = match config {
        CodecConfig::H264(h264) => (clamp(h264.display_width()), clamp(h264.height), 0),
        CodecConfig::Aac(_) => (0, 0, 1),
    };
    Trak {
        tkhd: Tkhd {
            track_id: track.id,
            enabled: true,
            in_movie: true,
            volume: FixedPoint::new(volume, 0),
            width: FixedPoint::new(width, 0),
            height: FixedPoint::new(height, 0),
            ..Tkhd::default()
        },
        mdia: mdia(config, track),
        ..Trak::default()
    }
}

fn mdia(config: &CodecConfig, track: TrackParams) -> Mdia {
    let (handler, name, vmhd, smhd, entry) = match config {
        CodecConfig::H264(h264) => (b"vide", "video", Some(Vmhd::default()), None, avc1(h264)),
        CodecConfig::Aac(aac) => (b"soun", "audio", None, Some(Smhd::default()), mp4a(aac)),
    };
    Mdia {
        mdhd: Mdhd { timescale: track.timescale, language: "und".to_owned(), ..Mdhd::default() },
        hdlr: Hdlr { handler: FourCC::new(handler), name: name.to_owned() },
        minf: Minf {
            vmhd,
            smhd,
            dinf: Dinf { dref: Dref { entries: vec![Url::default().into()] } },
            stbl: Stbl { stsd: Stsd { codecs: vec![entry] }, stco: Some(Stco::default()), ..Stbl::default() },
            ..Minf::default()
        },
    }
}

fn avc1(config: &H264Config) -> Codec {
    let sets = config.parameter_sets();
    let owned = |sets: &[&[u8]]| sets.iter().map(|set| set.to_vec()).collect();
    let (w, h) = config.sample_aspect;
    Codec::Avc1(Avc1 {
        visual: Visual {
            data_reference_index: 1,
            width: clamp(config.width),
            height: clamp(config.height),
            ..Visual::default()
        },
        avcc: Avcc {
            configuration_version: 1,
            avc_profile_indication: config.profile,
            profile_compatibility: config.constraints,
            avc_level_indication: config.level,
            length_size: 4,
            sequence_parameter_sets: owned(&sets.sps),
            picture_parameter_sets: owned(&sets.pps),
            // Rebuilt from the SPS: encoders leave it out or get it wrong.
            ext: config.has_chroma_info().then(|| AvccExt {
                chroma_format: config.chroma_format,
                bit_depth_luma: config.bit_depth_luma,
                bit_depth_chroma: config.bit_depth_chroma,
                sequence_parameter_sets_ext: Vec::new(),
            }),
        },
        pasp: (w != h).then(|| Pasp { h_spacing: u32::from(w), v_spacing: u32::from(h) }),
        colr: config.colour.map(|colour| Colr::Nclx {
            colour_primaries: u16::from(colour.primaries),
            transfer_characteristics: u16::from(colour.transfer),
            matrix_coefficients: u16::from(colour.matrix),
            full_range_flag: colour.full_range,
        }),
        ..Avc1::default()
    })
}

fn mp4a(config: &AacConfig) -> Codec {
    let dec_specific =
        DecoderSpecific { profile: 0, freq_index: 0, chan_conf: 0, raw: config.record.to_vec() };
    Codec::Mp4a(Mp4a {
        audio: Audio {
            data_reference_index: 1,
            channel_count: u16::from(config.channels),
            sample_size: 16,
            // 16.16 fixed point cannot say 88.2 or 96 kHz; readers then take the rate from the config.
            sample_rate: FixedPoint::new(u16::try_from(config.sample_rate).unwrap_or(0), 0),
        },
        esds: Esds {
            es_desc: EsDescriptor {
                dec_config: DecoderConfig {
                    object_type_indication: MPEG4_AUDIO,
                    stream_type: AUDIO_STREAM,
                    dec_specific: Some(dec_specific),
                    ..DecoderConfig::default()
                },
                sl_config: SLConfig::default(),
                ..EsDescriptor::default()
            },
        },
        btrt: None,
        taic: None,
    })
}

fn clamp(pixels: u32) -> u16 {
    u16::try_from(pixels).unwrap_or(u16::MAX)
}
