namespace StockAuthority.Intake.Rejections;

internal sealed record CountedRejections(RejectionKey Key, long Count, byte[] Sample);
