//! What the two AES callback formats have in common: blocks and padding.

use aes::Block;

/// `bytes` as AES blocks, or nothing when they are no whole number of blocks.
pub(crate) fn blocks_mut(bytes: &mut [u8]) -> Option<&mut [Block]> {
    match bytes.as_chunks_mut::<16>() {
        (blocks, []) => Some(Block::cast_slice_from_core_mut(blocks)),
        _ => None,
    }
}

/// Appends PKCS#7 padding up to a multiple of `size` bytes: 1 to `size` of
/// them, a whole `size` when `buffer` is aligned already.
pub(crate) fn pad(buffer: &mut Vec<u8>, size: u8) {
    let over = buffer.len() % usize::from(size);
    // `over` is below `size`, so it fits a byte and the difference is 1..=size.
    let count = size - u8::try_from(over).unwrap_or(0);
    buffer.resize(buffer.len() + usize::from(count), count);
}

/// How many bytes of `buffer` are left without its padding; nothing when the
/// padding is not 1 to `size` equal bytes. Vendors' decoders look at the last
/// byte alone; this looks at each.
pub(crate) fn unpadded_len(buffer: &[u8], size: u8) -> Option<usize> {
    let count = *buffer.last()?;
    if count == 0 || count > size {
        return None;
    }
    let rest = buffer.len().checked_sub(usize::from(count))?;
    let padding = buffer.get(rest..)?;
    padding.iter().all(|byte| *byte == count).then_some(rest)
}
