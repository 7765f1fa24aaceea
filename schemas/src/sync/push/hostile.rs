//! What acceptance refuses from a device that does not write through [`crate::record::edit`].
