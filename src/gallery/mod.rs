//! Rows of a view as pictures: its images with what is known of them drawn on, on one sheet.
