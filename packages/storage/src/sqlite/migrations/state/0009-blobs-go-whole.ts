/** A blob's segments go with it, whoever removes it. */
export const blobsGoWhole = `
CREATE TRIGGER blobs_delete_segments AFTER DELETE ON blobs BEGIN
  DELETE FROM blob_segments WHERE blob_id = OLD.id;
END;
`;
