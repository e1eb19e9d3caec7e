/// Item journal batches. Made through this page a batch has no number series, so that its lines keep their document numbers when they are posted.
page 50100 "SA Item Journals"
{
    PageType = API;
    APIPublisher = 'stockauthority';
    APIGroup = 'stock';
    APIVersion = 'v1.0';
    EntityName = 'itemJournal';
    EntitySetName = 'itemJournals';
    EntityCaption = 'Item Journal';
    EntitySetCaption = 'Item Journals';
    SourceTable = "Item Journal Batch";
    ODataKeyFields = SystemId;
    DelayedInsert = true;
    ModifyAllowed = false;
    Extensible = false;

    layout
    {
        area(Content)
        {
            repeater(Journals)
            {
                field(id; Rec.SystemId)
                {
                    Caption = 'Id';
                    Editable = false;
                }
                field("code"; Rec.Name)
                {
                    Caption = 'Code';
                }
                field(displayName; Rec.Description)
                {
                    Caption = 'Display Name';
                }
                field(templateType; TemplateType)
                {
                    Caption = 'Template Type';
                }
                part(itemJournalLines; "SA Item Journal Lines")
                {
                    Caption = 'Item Journal Lines';
                    EntityName = 'itemJournalLine';
                    EntitySetName = 'itemJournalLines';
                    SubPageLink = "Journal Template Name" = field("Journal Template Name"), "Journal Batch Name" = field(Name);
                }
            }
        }
    }

    trigger OnAfterGetRecord()
    begin
        Rec.CalcFields("Template Type");
        TemplateType := Rec."Template Type";
    end;

    trigger OnInsertRecord(BelowxRec: Boolean): Boolean
    var
        ItemJournalTemplate: Record "Item Journal Template";
    begin
        ItemJournalTemplate.SetRange(Type, TemplateType);
        ItemJournalTemplate.SetRange(Recurring, false);
        ItemJournalTemplate.FindFirst();
        Rec."Journal Template Name" := ItemJournalTemplate.Name;
        exit(true);
    end;

    /// Posts every line of the batch, or none.
    [ServiceEnabled]
    procedure post(var ActionContext: WebServiceActionContext)
    var
        ItemJournalLine: Record "Item Journal Line";
    begin
        ItemJournalLine.SetRange("Journal Template Name", Rec."Journal Template Name");
        ItemJournalLine.SetRange("Journal Batch Name", Rec.Name);
        if not ItemJournalLine.FindFirst() then
            Error(NothingToPostErr);

        Codeunit.Run(Codeunit::"Item Jnl.-Post Batch", ItemJournalLine);

        ActionContext.SetObjectType(ObjectType::Page);
        ActionContext.SetObjectId(Page::"SA Item Journals");
        ActionContext.AddEntityKey(Rec.FieldNo(SystemId), Rec.SystemId);
        ActionContext.SetResultCode(WebServiceActionResultCode::Deleted);
    end;

    var
        TemplateType: Enum "Item Journal Template Type";
        NothingToPostErr: Label 'There is nothing to post.';
}
