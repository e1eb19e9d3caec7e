/// For the application that the connector signs in as, beside Business Central's own sets that let it read and post.
permissionset 50100 "SA ITEM JOURNALS"
{
    Assignable = true;
    Caption = 'StockAuthority item journals';
    Permissions =
        page "SA Item Journals" = X,
        page "SA Item Journal Lines" = X,
        tabledata "Item Journal Template" = R,
        tabledata "Item Journal Batch" = RIMD,
        tabledata "Item Journal Line" = RIMD;
}
